import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import { I18nProvider } from './i18n/I18n'
import { isLanguage, negotiate, type Language } from './i18n/languages'
import { load } from './i18n/messages'
import { session } from './login/api'
import { loadPhoneMetadata } from './login/phone-metadata'
import { createStore } from './store'
import './style.css'
import { App } from './view/App'

const ROUTE = '/otp-login'
const LANGUAGE_PLACE = 'otp-login-language'
/** Milliseconds that the page waits to know whether a session goes on, before it shows the first step. */
const PATIENCE = 3000

/** The page is one route; every other path leads to it. */
if (location.pathname.replace(/\/$/, '') !== ROUTE) history.replaceState(null, '', ROUTE)

const chosen = sessionStorage.getItem(LANGUAGE_PLACE)
const language = isLanguage(chosen) ? chosen : negotiate(navigator.languages)
const keepChoice = (choice: Language) => sessionStorage.setItem(LANGUAGE_PLACE, choice)

const root = createRoot(document.getElementById('root')!)
const [messages] = await Promise.all([load(language), loadPhoneMetadata()])
const store = createStore()
await Promise.race([session.resume(), new Promise((resolve) => setTimeout(resolve, PATIENCE))])
root.render(
  <StrictMode>
    <Provider store={store}>
      <I18nProvider initial={{ language, messages }} onChoice={keepChoice}>
        <App />
      </I18nProvider>
    </Provider>
  </StrictMode>,
)
