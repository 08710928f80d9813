// The value is a list of what is wrong with the page that is open, as far as a machine can tell:
// contrast (WCAG 2.2 1.4.3 and 1.4.11), names and structure (1.3.1, 2.4.2, 3.1.1, 3.3.2, 4.1.2), reflow
// (1.4.10) and the size of what is to be hit (2.5.8).
(() => {
	const faults = [];
	const name = (element) => {
		const own = (element.textContent || element.id || "").trim().replace(/\s+/g, " ").slice(0, 40);
		return `<${element.localName}${element.className ? "." + element.className : ""}> "${own}"`;
	};
	const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;

	const channels = (color) => {
		const numbers = color.match(/[\d.]+/g);
		if (!/^rgba?\(/.test(color) || !numbers) throw new Error("a colour the audit cannot read: " + color);
		return numbers.map(Number);
	};
	const over = (front, back) => {
		const alpha = front.length > 3 ? front[3] : 1;
		return [0, 1, 2].map((i) => front[i] * alpha + back[i] * (1 - alpha));
	};
	// What is behind an element: backgrounds from the canvas up.
	const behind = (element) => {
		const stack = [];
		for (let e = element; e; e = e.parentElement) stack.unshift(channels(getComputedStyle(e).backgroundColor));
		return stack.reduce((back, front) => over(front, back), [255, 255, 255]);
	};
	const luminance = (rgb) => {
		const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const contrast = (a, b) => {
		const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
		return (light + 0.05) / (dark + 0.05);
	};
	const demand = (least, front, back, what) => {
		const ratio = contrast(over(channels(front), back), back);
		if (ratio < least) faults.push(`${what}: contrast ${ratio.toFixed(2)}, want ${least}`);
	};

	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	let judged = 0;
	for (let text = texts.nextNode(); text; text = texts.nextNode()) {
		const element = text.parentElement;
		if (text.data.trim() === "" || !shown(element)) continue;
		judged++;
		demand(4.5, getComputedStyle(element).color, behind(element), name(element));
		if (parseFloat(getComputedStyle(element).fontSize) < 12) faults.push(`${name(element)}: smaller than 12px`);
	}
	if (judged < 2) faults.push("the page says nothing");

	for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
		const style = getComputedStyle(field);
		if (field.labels.length !== 1 || field.labels[0].textContent.trim() === "") faults.push(`${name(field)}: no label`);
		if (!field.autocomplete) faults.push(`${name(field)}: no autocomplete`);
		demand(4.5, style.color, behind(field), `text of ${name(field)}`);
		demand(3, style.borderTopColor === "rgba(0, 0, 0, 0)" ? style.outlineColor : style.borderTopColor, behind(field.parentElement), `edge of ${name(field)}`);
		for (const id of (field.getAttribute("aria-describedby") || "").split(/\s+/).filter(Boolean)) {
			if (!document.getElementById(id)?.textContent.trim()) faults.push(`${name(field)}: described by nothing, #${id}`);
		}
	}
	for (const control of document.querySelectorAll("button, a[href], input:not([type=hidden])")) {
		const box = control.getBoundingClientRect();
		const inline = control.localName === "a" && getComputedStyle(control).display === "inline";
		if (!inline && (box.height < 24 || box.width < 24)) faults.push(`${name(control)}: ${box.width} by ${box.height} is hard to hit`);
		if (control.matches(".primary, .secondary, .account, input") && box.height < 44) faults.push(`${name(control)}: only ${box.height} high`);
		if (control.localName !== "input" && !control.textContent.trim()) faults.push(`${name(control)}: no name`);
		if (control.tabIndex !== 0) faults.push(`${name(control)}: the keyboard does not come by`);
	}

	for (const [selector, count] of [["h1", 1], ["main", 1], ["title", 1]]) {
		if (document.querySelectorAll(selector).length !== count) faults.push(`not ${count} of ${selector}`);
	}
	if (!document.documentElement.lang) faults.push("no language");
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	if (new Set(ids).size !== ids.length) faults.push("an id is there twice");

	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > width) faults.push(`scrolls sideways: ${document.documentElement.scrollWidth} in ${width}`);
	for (const element of document.body.querySelectorAll("*")) {
		const box = element.getBoundingClientRect();
		if (shown(element) && (box.right > width + 0.5 || box.left < -0.5)) faults.push(`${name(element)}: from ${box.left} to ${box.right} in ${width}`);
	}
	return faults;
})();
