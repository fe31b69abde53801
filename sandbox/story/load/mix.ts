export type Connection = "keep-alive" | "new";
export type Service = "web" | "api";

export interface RequestKind {
  readonly service: Service;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly connection: Connection;
  readonly expectedStatus: number;
  /** What the body of a right answer holds. */
  readonly expectedBody: RegExp;
  readonly body?: (n: number) => { readonly type: string; readonly text: string };
}

const list = { service: "api", method: "GET", path: "/api/notes", expectedStatus: 200, expectedBody: /^\{"notes":\[/ };
/** With its own title, or that of the story. */
const title = /<h1>(?:Notes|Our notes)<\/h1>/;
const page = { service: "web", method: "GET", path: "/", expectedStatus: 200, expectedBody: title };
const add = {
  service: "api",
  method: "POST",
  path: "/api/notes",
  expectedStatus: 201,
  expectedBody: /^\{"note":\{"id":/,
  body: (n: number) => ({ type: "application/json", text: JSON.stringify({ text: `note ${n}`, author: "load" }) }),
};
const submit = {
  service: "web",
  method: "POST",
  path: "/",
  expectedStatus: 303,
  expectedBody: /Redirecting to \//,
  body: (n: number) => ({ type: "application/x-www-form-urlencoded", text: `text=form+${n}&author=load` }),
};

/** Ten requests, repeated: both services, reads and writes, kept and new connections. */
export const mix: readonly RequestKind[] = [
  { ...list, connection: "keep-alive" },
  { ...page, connection: "keep-alive" },
  { ...list, connection: "keep-alive" },
  { ...add, connection: "keep-alive" },
  { ...list, connection: "new" },
  { ...list, connection: "keep-alive" },
  { ...page, connection: "new" },
  { ...submit, connection: "keep-alive" },
  { ...list, connection: "keep-alive" },
  { ...add, connection: "new" },
] as readonly RequestKind[];
