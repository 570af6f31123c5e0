import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/** What a static host needs: a file for the route, and a policy that lets the page call the service and nothing else. */
export function staticSite(route: string, apiUrl: string): Plugin {
  return {
    name: 'static-site',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy(apiUrl) },
        injectTo: 'head-prepend',
      },
    ],
    async writeBundle({ dir = 'dist' }) {
      await mkdir(join(dir, route), { recursive: true })
      await copyFile(join(dir, 'index.html'), join(dir, route, 'index.html'))
    },
  }
}

function policy(apiUrl: string): string {
  // A relative VITE_API_URL means the page's own origin.
  const api = URL.canParse(apiUrl) ? new URL(apiUrl).origin : ''
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src 'self' ${api}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}
