// The two ends of a test: this script is the client's server, the Go test is the person with the browser.
// A line of JSON goes each way: {"authorize": url} asks the person to go there, {"url", "form"} is what came
// back to the redirect URI; the last line is {"result"} or {"error"}.
import { createInterface } from 'node:readline'

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n')

// settings are what the test wants to see done.
export const settings = JSON.parse(process.argv[2])

// visit sends the person to url and returns the answer as the request that the redirect URI would get:
// a URL with query or fragment, or a POST with the fields of form_post.
export async function visit(url) {
  say({ authorize: url.toString() })
  const { value } = await lines.next()
  const back = JSON.parse(value)
  if (!back.form) return new URL(back.url)
  return new Request(back.url, { method: 'POST', body: new URLSearchParams(back.form) })
}

// run reports what main returns, or how it failed, and ends.
export async function run(main) {
  try {
    say({ result: await main() })
  } catch (error) {
    say({ error: describe(error) })
    process.exitCode = 1
  }
  process.stdin.destroy()
}

// describe tells the whole chain of causes: these libraries say what was wrong in the innermost.
function describe(error) {
  const told = [error.stack]
  for (let cause = error.cause; cause; cause = cause.cause) {
    told.push(cause instanceof Error ? cause.stack : JSON.stringify(cause))
  }
  return told.join('\ncaused by: ')
}
