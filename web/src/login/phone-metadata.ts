import type { MetadataJson } from 'libphonenumber-js/core'
// By its path: the package's own export of this name is a script.
import url from '../../node_modules/libphonenumber-js/metadata.min.json?url'

let loaded: MetadataJson | undefined

/** What is known of the world's numbers: data that comes beside the script, so that no browser compiles 80 kB of it. */
export async function loadPhoneMetadata(read: () => Promise<MetadataJson> = fetched): Promise<void> {
  loaded = await read()
}

const fetched = async (): Promise<MetadataJson> => (await (await fetch(url)).json()) as MetadataJson

export function metadata(): MetadataJson {
  if (!loaded) throw new Error('loadPhoneMetadata comes first')
  return loaded
}
