package caddymodule

import "testing"

func TestStrictIsAWordByItself(t *testing.T) {
	for text, want := range map[string]bool{"{\nissuer https://id.example.com\nstrict\n}": true, "{\nissuer https://id.example.com\n}": false} {
		p, err := parse(t, text)
		if err != nil {
			t.Fatal(err)
		}
		if config, faults := p.config("main"); p.Strict != want || config.Strict != want || len(faults) > 0 {
			t.Errorf("%q: %t, %t, %v", text, p.Strict, config.Strict, faults)
		}
	}
	if _, err := parse(t, "{\nissuer https://id.example.com\nstrict off\n}"); err == nil {
		t.Error("an argument is taken")
	}
}
