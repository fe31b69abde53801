/** What applying, deploying and destroying an environment writes of the way in to it. */
import type { Statement } from "../../../policy.ts";
import { allow, inRegion, ofStacks, type Place } from "./place.ts";

export function traffic(place: Place): readonly Statement[] {
  const { account } = place;
  return [
    allow(
      "Balancer",
      [
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:CreateListener",
        "elasticloadbalancing:CreateLoadBalancer",
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:DeleteListener",
        "elasticloadbalancing:DeleteLoadBalancer",
        "elasticloadbalancing:DeleteRule",
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:ModifyListenerAttributes",
        "elasticloadbalancing:ModifyLoadBalancerAttributes",
        "elasticloadbalancing:ModifyRule",
        "elasticloadbalancing:RemoveListenerCertificates",
        "elasticloadbalancing:RemoveTags",
        "elasticloadbalancing:SetRulePriorities",
        "elasticloadbalancing:SetSecurityGroups",
        "elasticloadbalancing:SetSubnets",
      ],
      ["loadbalancer", "listener", "listener-rule"].flatMap((type) =>
        ofStacks(place, "elasticloadbalancing", (stack) => `${type}/app/${stack}-*`),
      ),
    ),
    // Target groups are named after services: what narrows these is the account.
    allow(
      "TargetGroups",
      [
        "elasticloadbalancing:AddTags",
        "elasticloadbalancing:CreateTargetGroup",
        "elasticloadbalancing:DeleteTargetGroup",
        "elasticloadbalancing:ModifyTargetGroup",
        "elasticloadbalancing:ModifyTargetGroupAttributes",
        "elasticloadbalancing:RemoveTags",
      ],
      inRegion(account, "elasticloadbalancing", "targetgroup/*"),
    ),
    allow(
      "WebAcl",
      [
        "elasticloadbalancing:CreateWebACLAssociation",
        "elasticloadbalancing:DeleteWebACLAssociation",
        "wafv2:AssociateWebACL",
        "wafv2:CreateWebACL",
        "wafv2:DeleteLoggingConfiguration",
        "wafv2:DeleteWebACL",
        "wafv2:DisassociateWebACL",
        "wafv2:PutLoggingConfiguration",
        "wafv2:TagResource",
        "wafv2:UntagResource",
        "wafv2:UpdateWebACL",
      ],
      [
        ...ofStacks(place, "wafv2", (stack) => `regional/webacl/${stack}-*/*`),
        ...ofStacks(place, "elasticloadbalancing", (stack) => `loadbalancer/app/${stack}-*`),
        // The rule groups a web ACL names are AWS's; the account's own part of their ARN is not.
        inRegion(account, "wafv2", "regional/managedruleset/*/*"),
      ],
    ),
    // AWS WAF asks these of the caller, for the balancer and for the log: they know no resources.
    allow(
      "WebAclElsewhere",
      [
        "elasticloadbalancing:SetWebAcl",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
      ],
      "*",
    ),
    // The name of a domain says nothing of the stack.
    allow(
      "Mail",
      [
        "ses:CreateEmailIdentity",
        "ses:DeleteEmailIdentity",
        "ses:PutEmailIdentityConfigurationSetAttributes",
        "ses:PutEmailIdentityMailFromAttributes",
        "ses:TagResource",
        "ses:UntagResource",
      ],
      inRegion(account, "ses", "identity/*"),
    ),
    allow(
      "MailEvents",
      [
        "ses:CreateConfigurationSet",
        "ses:CreateConfigurationSetEventDestination",
        "ses:DeleteConfigurationSet",
        "ses:DeleteConfigurationSetEventDestination",
        "ses:PutConfigurationSetReputationOptions",
        "ses:PutConfigurationSetSuppressionOptions",
        "ses:PutEmailIdentityConfigurationSetAttributes",
        "ses:TagResource",
        "ses:UntagResource",
        "ses:UpdateConfigurationSetEventDestination",
      ],
      ofStacks(place, "ses", (stack) => `configuration-set/${stack}-mail`),
    ),
    // What is not there yet: the action knows no resource (Service Authorization Reference, AWS Certificate Manager).
    allow("NewCertificates", ["acm:RequestCertificate"], "*"),
    // A certificate's id, and a record's zone, say nothing of the stack.
    allow(
      "Domain",
      [
        "acm:AddTagsToCertificate",
        "acm:DeleteCertificate",
        "acm:RemoveTagsFromCertificate",
        "route53:ChangeResourceRecordSets",
      ],
      [...certificates(account), `arn:${account.partition}:route53:::hostedzone/*`],
    ),
  ];
}

/** Of the stack's region, and those of the CDN, which CloudFront takes of us-east-1 alone. */
function certificates(account: Place["account"]): readonly string[] {
  const regions = new Set([account.region, "us-east-1"]);
  return [...regions].map((region) => inRegion({ ...account, region }, "acm", "certificate/*"));
}
