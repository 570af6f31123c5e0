import { configureStore } from '@reduxjs/toolkit'
import { useDispatch, useSelector } from 'react-redux'
import { otpApi } from './login/api'
import { likelyCountry } from './login/identifier'
import { initialState, loginReducer } from './login/slice'
import { restore, save } from './login/tab-storage'

export function createStore() {
  const store = configureStore({
    reducer: { login: loginReducer, [otpApi.reducerPath]: otpApi.reducer },
    middleware: (defaults) => defaults().concat(otpApi.middleware),
    preloadedState: { login: restore(initialState(likelyCountry(navigator.languages))) },
    // Its log would hold identifiers and codes.
    devTools: false,
  })
  store.subscribe(() => save(store.getState().login))
  return store
}

type Store = ReturnType<typeof createStore>

export const useAppDispatch = useDispatch.withTypes<Store['dispatch']>()
export const useLogin = () => useSelector((state: ReturnType<Store['getState']>) => state.login)
