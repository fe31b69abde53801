import type { Json } from "./description.ts";

/** What GitHub answers instead of doing what was asked. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly (Json | string)[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: { readonly errors?: readonly (Json | string)[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.errors = more.errors;
    this.headers = more.headers ?? {};
  }
}

export const notFound = () => new Refusal(404, "Not Found");
export const forbidden = (message = "Resource not accessible by integration") => new Refusal(403, message);

/** As GitHub words what is too long for it. */
export function refuseLonger(resource: string, field: string, text: string | null | undefined, most: number): void {
  if ((text ?? "").length <= most) return;
  const message = `${field} is too long (maximum is ${most} characters)`;
  throw new Refusal(422, "Validation Failed", { errors: [{ resource, code: "custom", field, message }] });
}
