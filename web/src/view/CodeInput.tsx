import { useState, type ComponentPropsWithRef } from 'react'
import { hasLetters, readCode } from '../login/code'

interface Props extends Omit<ComponentPropsWithRef<'input'>, 'onChange'> {
  value: string
  length: number
  isWrong: boolean
  onChange: (code: string) => void
}

/** The boxes are a picture; the input is one, invisible above them, so that pasting, autofill and editing are the browser's. */
export function CodeInput({ value, length, isWrong, onChange, ...rest }: Props) {
  const [range, setRange] = useState<readonly [number, number]>([0, 0])
  const columns = length > 10 ? length / 2 : length
  return (
    <div dir="ltr" className="group relative">
      <div
        aria-hidden
        className="grid gap-1 sm:gap-2"
        style={{ gridTemplateColumns: `repeat(${Math.ceil(columns)}, minmax(0, 1fr))` }}
      >
        {Array.from({ length }, (_, index) => (
          <Box
            key={index}
            character={value[index]}
            isActive={isActive(index, range, Math.min(value.length, length - 1))}
            isWrong={isWrong}
          />
        ))}
      </div>
      <input
        {...rest}
        value={value}
        onChange={({ target }) => onChange(readCode(target.value, length))}
        onSelect={({ currentTarget: { selectionStart, selectionEnd } }) =>
          setRange([selectionStart ?? 0, selectionEnd ?? 0])
        }
        type="text"
        autoComplete="one-time-code"
        inputMode={hasLetters(length) ? 'text' : 'numeric'}
        autoCapitalize={hasLetters(length) ? 'characters' : 'none'}
        autoCorrect="off"
        spellCheck={false}
        aria-invalid={isWrong}
        className="absolute inset-0 size-full cursor-text text-base opacity-0"
      />
    </div>
  )
}

/** The boxes of the selection, or the one where the next character goes. */
function isActive(index: number, [start, end]: readonly [number, number], last: number): boolean {
  return start === end ? index === Math.min(start, last) : index >= start && index < end
}

interface BoxProps {
  character: string | undefined
  isActive: boolean
  isWrong: boolean
}

function Box({ character, isActive, isWrong }: BoxProps) {
  const border = isWrong ? 'border-red-700 dark:border-red-400' : 'border-slate-500'
  const active =
    'group-focus-within:border-indigo-600 group-focus-within:ring-3 group-focus-within:ring-indigo-600/40 dark:group-focus-within:border-indigo-400 dark:group-focus-within:ring-indigo-400/50'
  return (
    <span
      className={`grid h-14 place-items-center rounded-xl border bg-white text-xl font-semibold tabular-nums motion-safe:transition-shadow sm:text-2xl dark:bg-slate-950 ${border} ${isActive ? active : ''}`}
    >
      {character}
    </span>
  )
}
