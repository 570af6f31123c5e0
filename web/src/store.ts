import { configureStore } from '@reduxjs/toolkit'
import { useDispatch, useSelector } from 'react-redux'
import { otpApi, session } from './login/api'
import { likelyCountry } from './login/identifier'
import { initialState, loginReducer, resumed, sessionEnded } from './login/slice'
import { restore, save, userBefore } from './login/tab-storage'

export function createStore() {
  const before = userBefore()
  const store = configureStore({
    reducer: { login: loginReducer, [otpApi.reducerPath]: otpApi.reducer },
    middleware: (defaults) => defaults().concat(otpApi.middleware),
    preloadedState: { login: restore(initialState(likelyCountry(navigator.languages))) },
    // Its log would hold identifiers and codes.
    devTools: false,
  })
  store.subscribe(() => save(store.getState().login))
  session.tell({
    goesOn: (id) => store.dispatch(resumed({ user: before?.id === id ? before : { id }, isKept: true })),
    hasEnded: () => store.dispatch(sessionEnded()),
  })
  return store
}

type Store = ReturnType<typeof createStore>

export const useAppDispatch = useDispatch.withTypes<Store['dispatch']>()
export const useLogin = () => useSelector((state: ReturnType<Store['getState']>) => state.login)
