import * as z from "zod";
import { mostZones } from "./components/network/zones.ts";
import { stackNamePattern, stackNameRule } from "./names.ts";
import { integer, problem, text } from "./validation.ts";

const usualCidr = "10.0.0.0/16";

/** A network of the stack's own. */
export const network = z.strictObject({
  cidr: text(
    /^10\.\d{1,3}\.0\.0\/16$|^172\.(1[6-9]|2\d|3[01])\.0\.0\/16$/,
    "a private /16 such as 10.0.0.0/16",
  ).default(usualCidr),
  /** Availability zones; three in production unless set, else two, and never fewer than there are. Only added to. */
  zones: integer(2, mostZones, "availability zones").optional(),
});

export const networkOrAnothers = network
  .extend({
    /** The environment whose network it is in, instead of one of its own. */
    of: text(stackNamePattern, stackNameRule).optional(),
  })
  .superRefine(({ cidr, zones, of }, context) => {
    if (of === undefined || (zones === undefined && cidr === usualCidr)) return;
    const key = zones === undefined ? "cidr" : "zones";
    problem(context, [key], `is that of the network of ${of}`, "Set it there, or take `of` out");
  });
