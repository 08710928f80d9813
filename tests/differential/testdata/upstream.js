// An upstream in Node.js that reads paths in the ways programs there do. It writes a report of each request.
'use strict'
const http = require('node:http')
const path = require('node:path')
const fs = require('node:fs')

const [port, names] = process.argv.slice(2)
const watched = new Set(names.split(','))
const fold = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '-')

const area = (p) => {
  if (p === '/health') return 'health'
  if (p === '/assets' || p.startsWith('/assets/')) return 'assets'
  if (p === '/orders' || p.startsWith('/orders/')) return 'orders'
  if (p === '/admin' || p.startsWith('/admin/')) return 'admin'
  return 'other'
}

// As Express matches: without regard to case and to a slash at the end, and each parameter decoded.
const express = (p) => {
  if (/^\/health\/?$/i.test(p)) return 'health'
  if (/^\/assets(\/|$)/i.test(p)) return 'assets'
  if (/^\/orders(\/|$)/i.test(p)) return 'orders'
  if (/^\/admin(\/|$)/i.test(p)) return 'admin'
  return 'other'
}

const attempt = (read) => {
  try { return read() } catch { return '' }
}

const reads = (req) => {
  const plain = req.url.split('?')[0].split('#')[0]
  const method = req.method
  const override = req.method === 'POST' && (req.headers['x-http-method-override'] || req.headers['x-http-method'] || req.headers['x-method-override'])
  return [
    { by: 'req.url', method, area: area(plain) },
    { by: 'express', method: (override || method).toUpperCase(), area: express(plain) },
    { by: 'decodeURIComponent', method, area: attempt(() => area(decodeURIComponent(plain))) },
    { by: 'URL', method, area: attempt(() => area(new URL(req.url, 'http://site.example').pathname)) },
    { by: 'URL decoded', method, area: attempt(() => area(decodeURIComponent(new URL(req.url, 'http://site.example').pathname))) },
    { by: 'normalize', method, area: attempt(() => area(path.posix.normalize(decodeURIComponent(plain)))) },
    { by: 'win32', method, area: attempt(() => area(path.win32.normalize(decodeURIComponent(plain)).replaceAll('\\', '/').toLowerCase())) },
    { by: 'upper case', method, area: attempt(() => area(decodeURIComponent(plain).toUpperCase().toLowerCase())) }
  ]
}

const said = (pairs, into) => {
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    if (watched.has(fold(pairs[i]))) into.push([pairs[i], pairs[i + 1]])
  }
}

const server = http.createServer({ insecureHTTPParser: true, keepAliveTimeout: 60000, requireHostHeader: false }, (req, res) => {
  req.resume()
  req.on('close', () => { // trailers have come by now; what is cut off is reported too
    const header = []
    said(req.rawHeaders, header)
    said(req.rawTrailers, header)
    fs.writeSync(1, JSON.stringify({ mark: req.headers['x-mark'] || '', target: req.url.slice(0, 200), reads: reads(req), header }) + '\n')
    res.end('ok')
  })
})
server.listen(Number(port), '127.0.0.1')
