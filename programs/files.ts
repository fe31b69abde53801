/** The files of an environment's services, as configured. */
import * as z from "zod";
import { baseOf, type DomainConfig, hostName, isInZoneOf } from "./domain.ts";
import { integer, oneOf, problem, text } from "./validation.ts";

/** Without a wildcard: whoever has a signed address would otherwise use it from any page. */
const origin = text(
  /^(https:\/\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|http:\/\/localhost)(:[1-9][0-9]{0,4})?$/,
  "an origin such as https://www.example.com, without a path or a wildcard",
).refine((one) => URL.canParse(one), { error: "an origin with a port of at most 65535" });

/** CloudFront in front of the files below `public/`, and of no others. */
export const cdn = z.strictObject(
  {
    /**
     * Where its edges are, by AWS's price classes: 100 is North America, Europe and Israel; 200 adds most others; all is
     * everywhere.
     */
    priceClass: oneOf([100, 200, "all"]).default(100),
    /** Answered at this name of the environment's hosted zone; under CloudFront's own when absent. */
    name: hostName.optional(),
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

/** A name of the CDN's is of the environment's zone, and none that the balancer answers or proves. */
export function cdnProblems(
  { cdn: of }: FilesConfig,
  domain: DomainConfig | undefined,
  context: z.RefinementCtx,
): void {
  if (of?.name === undefined) return;
  const at = ["files", "cdn", "name"];
  if (domain === undefined) {
    problem(
      context,
      at,
      `${of.name} is in no hosted zone: the environment has no domain`,
      "Set `switchyard:domain` with the zone that holds it, or remove it",
    );
    return;
  }
  if (!isInZoneOf(of.name, domain))
    problem(
      context,
      at,
      `${of.name} is not in the zone of ${domain.name}`,
      `Name a host of the same zone, such as files.${domain.name}, or remove it`,
    );
  const others = [domain.name, ...domain.names, ...domain.redirects, ...domain.shared];
  const taken = others.find((one) => baseOf(one) === of.name);
  if (taken !== undefined)
    problem(
      context,
      at,
      `${of.name} is proven by the record that proves ${taken} of \`switchyard:domain\``,
      `Name another host, such as files.${domain.name}`,
    );
}
