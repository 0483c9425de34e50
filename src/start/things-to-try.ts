/**
 * What a newcomer can do now.
 *
 * @param url of HAProxy; `undefined` when there is none
 * @param database the options that name the database to the commands
 */
export function thingsToTry(url: string | undefined, database: string): string {
  const command = `node apps/ip-reputation/dist/main.js`;
  const curl = (address: string): string => `  curl -i -H 'X-Forwarded-For: ${address}' ${url}/`;
  const requests =
    url === undefined
      ? []
      : [
          '',
          'Try, in another terminal:',
          `  curl -i ${url}/                                            # you: in no block list`,
          `${curl('192.0.2.20')}   # in a list, score 40`,
          `${curl('203.0.113.7')}  # blocked: 403`,
        ];
  const commands = [
    '',
    'While it runs, from this folder:',
    `  ${command} lookup 203.0.113.7 ${database}`,
    `  ${command} set 203.0.113.7 --score 90 --reason "my own" ${database}`,
    `  ${command} import FILE --list mine --score 0 ${database}`,
    '',
    'Ctrl-C ends it.',
    '',
  ];
  return `${[...requests, ...commands].join('\n')}\n`;
}
