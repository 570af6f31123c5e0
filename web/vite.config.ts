import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { loadEnv } from 'vite'
import { defineConfig } from 'vitest/config'
import { staticSite } from './build/static-site.ts'

export default defineConfig(({ mode }) => {
  const { VITE_API_URL = 'http://localhost:8000/api' } = loadEnv(mode, import.meta.dirname)
  return {
    plugins: [react(), tailwindcss(), staticSite('otp-login', VITE_API_URL)],
    define: { 'import.meta.env.VITE_API_URL': JSON.stringify(VITE_API_URL) },
    server: { port: 5173, strictPort: true },
    build: { target: 'es2022', modulePreload: { polyfill: false } },
    test: {
      projects: [
        { test: { name: 'unit', include: ['src/**/*.test.ts', 'build/**/*.test.ts'], environment: 'node' } },
        {
          test: {
            name: 'browser',
            include: ['e2e/**/*.test.ts'],
            environment: 'node',
            globalSetup: 'e2e/setup.ts',
            testTimeout: 120_000,
            hookTimeout: 120_000,
            // One browser, one service, two cores.
            fileParallelism: false,
          },
        },
      ],
    },
  }
})
