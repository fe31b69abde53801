/** The files of an environment's services, as configured. */
import * as z from "zod";
import { integer, oneOf, text } from "./validation.ts";

/** Without a wildcard: whoever has a signed address would otherwise use it from any page. */
const origin = text(
  /^(https:\/\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|http:\/\/localhost)(:[0-9]{1,5})?$/,
  "an origin such as https://www.example.com, without a path or a wildcard",
);

/** CloudFront in front of the files below `public/`, and of no others. */
export const cdn = z.strictObject(
  {
    /**
     * Where its edges are, by AWS's price classes: 100 is North America, Europe and Israel; 200 adds most others; all is
     * everywhere.
     */
    priceClass: oneOf([100, 200, "all"]).default(100),
  },
  { error: "a mapping, such as {priceClass: 100}" },
);

export type CdnConfig = z.output<typeof cdn>;

/** Only keys that begin so are anybody's to read, through the CDN. */
export const publicPrefix = "public/";

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
      /** No CDN when absent. */
      cdn: cdn.optional(),
    },
    { error: "a mapping, such as {origins: [https://www.example.com]}" },
  )
  .prefault({});

export type FilesConfig = z.output<typeof files>;
