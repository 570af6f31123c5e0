import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname } from 'node:path'

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' }

/** Names of objects that are not files of the build by the same name: as docs/deploy.md copies them, and as CloudFront asks. */
const OBJECTS: Record<string, string> = { '/': 'index.html', '/otp-login': 'otp-login/index.html' }

/** A build as S3 and CloudFront serve it: an object has one name, and everything else is refused. */
export async function serveObjects(port: number, folder: string) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '', 'http://localhost').pathname
    const object = OBJECTS[path] ?? (path.startsWith('/assets/') ? path.slice(1) : undefined)
    const body = object && (await readFile(`${folder}/${object}`).catch(() => undefined))
    response.writeHead(body ? 200 : 403, {
      'Content-Type': TYPES[extname(object ?? '')] ?? 'text/html',
      'Content-Security-Policy': "frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
    })
    response.end(body || 'AccessDenied')
  })
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return { close: () => new Promise((resolve) => server.close(resolve)) }
}
