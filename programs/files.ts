/** The files of an environment's services, as configured. */
import * as z from "zod";
import { integer, text } from "./validation.ts";

/** Without a wildcard: whoever has a signed address would otherwise use it from any page. */
const origin = text(
  /^(https:\/\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|http:\/\/localhost)(:[0-9]{1,5})?$/,
  "an origin such as https://www.example.com, without a path or a wildcard",
);

export const files = z
  .strictObject(
    {
      /** Whose pages a browser lets upload and read, by signed addresses; none when absent. */
      origins: z
        .array(origin, { error: "a list of origins" })
        .max(100, { error: "at most 100 origins" })
        .refine((origins) => new Set(origins).size === origins.length, { error: "each origin once" })
        .default([]),
      /** Files go so many days after they were written; they stay when absent. */
      expireDays: integer(1, 36_500, "days").optional(),
    },
    { error: "a mapping, such as {origins: [https://www.example.com]}" },
  )
  .prefault({});

export type FilesConfig = z.output<typeof files>;
