/** The domain an environment's services send mail from, as configured. */
import * as z from "zod";
import { hostedZone, hostName } from "./domain.ts";
import { oneOf, text } from "./validation.ts";

export const mail = z.strictObject({
  /** What comes after the @. Amazon SES has it once in an account and region. */
  domain: hostName,
  /** Route 53 hosted zone that holds it. */
  zoneId: hostedZone,
  /** What comes before the @. */
  from: text(/^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/, "what comes before the @, such as no-reply").default("no-reply"),
  /** What receivers are asked to do with mail in the domain's name that is not proven (RFC 7489, section 6.3). */
  dmarc: oneOf(["none", "quarantine", "reject"]).default("none"),
  /** Gets receivers' reports on that; nobody when absent. */
  reports: z.email({ error: "an e-mail address" }).optional(),
  /** Gets what became of messages: bounces, complaints, refusals and delays; nobody when absent. */
  events: z.email({ error: "an e-mail address" }).optional(),
});

export type MailConfig = z.output<typeof mail>;

export const fromAddress = ({ from, domain }: MailConfig) => `${from}@${domain}`;

/** What a receiver reads at `_dmarc.<domain>` (RFC 7489, section 6.3). */
export function dmarcRecord({ dmarc, reports }: MailConfig): string {
  return `v=DMARC1; p=${dmarc}${reports === undefined ? "" : `; rua=mailto:${reports}`}`;
}
