/** The longest that an application's name may be: HAProxy holds 63 bytes for `sess.NAME.VARIABLE`. */
export const MAX_APP_NAME = 40;
/** The longest that a message's name may be: it becomes the name of a file. */
const MAX_MESSAGE_NAME = 100;

/** What is wrong with an application's name, which is a folder, a package and an engine; `undefined` where nothing is. */
export function appNameFault(name: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) {
    return 'A name is small letters and digits with single hyphens between them, a letter first: bot-check.';
  }
  return name.length > MAX_APP_NAME ? `A name has ${MAX_APP_NAME} letters at most.` : undefined;
}

/** What is wrong with the name of a message, by what HAProxy takes and what a class and a file can be named after. */
export function messageNameFault(name: string): string | undefined {
  if (!/^[A-Za-z0-9_.:-]+$/.test(name)) return 'HAProxy takes letters, digits and . : _ - in the name of a message.';
  if (!/[A-Za-z0-9]/.test(name)) return 'The name of a message has a letter or a digit.';
  return name.length > MAX_MESSAGE_NAME ? `The name of a message has ${MAX_MESSAGE_NAME} letters at most.` : undefined;
}

/** The name as that of a file, without its end: `check.client_ip` is `check-client-ip`. */
export function fileNameOf(message: string): string {
  return wordsOf(message).join('-').toLowerCase();
}

/** The name as the beginning of a class's: `check.client_ip` is `CheckClientIp`. */
export function classNameOf(message: string): string {
  const name = wordsOf(message)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return /^\d/.test(name) ? `Message${name}` : name;
}

function wordsOf(message: string): string[] {
  return message.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
}
