import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import { I18nProvider } from './i18n/I18n'
import { isLanguage, negotiate } from './i18n/languages'
import { load } from './i18n/messages'
import { session } from './login/api'
import { loadPhoneMetadata } from './login/phone-metadata'
import { keepLanguage, languageBefore } from './login/tab-storage'
import { createStore } from './store'
import './style.css'
import { App } from './view/App'

const ROUTE = '/otp-login'
/** Milliseconds that the page waits to know whether a session goes on, before it shows the first step. */
const PATIENCE = 3000

/** The page is one route; every other path leads to it. */
if (location.pathname.replace(/\/$/, '') !== ROUTE) history.replaceState(null, '', ROUTE)

const chosen = languageBefore()
const language = isLanguage(chosen) ? chosen : negotiate(navigator.languages)

const root = createRoot(document.getElementById('root')!)
const [messages] = await Promise.all([load(language), loadPhoneMetadata()])
const store = createStore()
await Promise.race([session.resume(), new Promise((resolve) => setTimeout(resolve, PATIENCE))])
root.render(
  <StrictMode>
    <Provider store={store}>
      <I18nProvider initial={{ language, messages }} onChoice={keepLanguage}>
        <App />
      </I18nProvider>
    </Provider>
  </StrictMode>,
)
