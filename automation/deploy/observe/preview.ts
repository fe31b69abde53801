import type { Aws } from "../../aws/clients.ts";
import type { Halt } from "../decide/decision.ts";
import { previewSecretThere } from "./preview-secret.ts";
import type { EnvironmentShape } from "./shape.ts";
import { asksFor, rulesThere } from "./traffic.ts";

/**
 * A halt where the preview rules do not ask for what the secret holds, or there is no secret: no proof could pass, and none
 * would say why.
 */
export async function previewChanged(aws: Aws, shape: EnvironmentShape): Promise<Halt | undefined> {
  const { name, secretArn } = shape.previewHeader;
  const services = Object.entries(shape.services);
  const [value, rules] = await Promise.all([
    previewSecretThere(aws, secretArn),
    rulesThere(
      aws,
      services.map(([, { previewRuleArn }]) => previewRuleArn),
    ),
  ]);
  if (value === undefined)
    return {
      kind: "halt",
      why: `the preview secret ${secretArn} is gone, or holds nothing`,
      fix: `bring it back: \`aws secretsmanager restore-secret --secret-id ${secretArn}\`; or have it made anew by \`switchyard up <stack> --refresh\`, and the preview rules ask for it by \`switchyard repair <stack>\``,
    };
  const others = services.filter(([, { previewRuleArn }]) => {
    const rule = rules.find(({ RuleArn }) => RuleArn === previewRuleArn);
    // One that asks for no such header is none of the secret's concern.
    return rule !== undefined && asksFor(rule, { name }) && !asksFor(rule, { name, value });
  });
  if (others.length === 0) return undefined;
  return {
    kind: "halt",
    why: `the preview secret was changed by hand: the preview rules of ${others.map(([service]) => service).join(", ")} ask for another value`,
    fix: "`switchyard up <stack> --refresh` moves AWSCURRENT back to the version that was made with the secret, `switchyard repair <stack>` has the rules ask for what is current",
  };
}
