import { parseCookies, schemaFrom } from '@spoa/framework/parse';

export const fewCookies = schemaFrom((text: string) => parseCookies(text, { maxCookies: 20 }));
