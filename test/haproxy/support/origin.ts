/** Sections of a web server that HAProxy can pass requests on to: `default_backend origin`. It is HAProxy itself. */
export const ORIGIN = `
backend origin
  server origin unix@{{socket:origin}}

frontend origin-web
  bind unix@{{socket:origin}}
  http-request return status 200 content-type text/plain string "origin"
`;
