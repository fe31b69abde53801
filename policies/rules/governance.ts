import { isAdministratorsPolicy } from "../meaning/escalation.ts";
import { resourceRule } from "../rule.ts";
import { setting } from "../settings.ts";

const organizations = "https://docs.aws.amazon.com/organizations/latest/userguide";

export const governanceRules = [
  resourceRule("aws:cloudtrail/trail:Trail", {
    name: "trail-complete",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",
    title: "A trail has every region, proves its files, and is encrypted with a key of the platform",
    why: "What is not in it was never seen, and a file that can be changed proves nothing.",
    fix: "Set isMultiRegionTrail, includeGlobalServiceEvents, enableLogFileValidation and enableLogging to true, and kmsKeyId.",
    check: function* (props) {
      if (props.isMultiRegionTrail !== true) yield "isMultiRegionTrail is not true";
      if (props.includeGlobalServiceEvents === false) yield "includeGlobalServiceEvents is false";
      if (props.enableLogFileValidation !== true) yield "enableLogFileValidation is not true";
      if (props.enableLogging === false) yield "enableLogging is false";
      if (!("kmsKeyId" in props)) yield "kmsKeyId is missing";
      const selectors = props.eventSelectors ?? [];
      const whole = selectors.some(
        ({ includeManagementEvents, readWriteType = "All" }) =>
          includeManagementEvents !== false && readWriteType === "All",
      );
      if (selectors.length > 0 && !whole) yield "eventSelectors leave management events out";
    },
  }),
  resourceRule(
    [
      "aws:organizations/awsServiceAccess:AwsServiceAccess",
      "aws:organizations/delegatedAdministrator:DelegatedAdministrator",
    ],
    {
      name: "organization-trusted-services",
      level: "mandatory",
      severity: "high",
      controls: [],
      url: `${organizations}/orgs_integrate_services.html`,
      title: "Only listed services act in every account",
      why: "A trusted service makes roles of its own in every account, and its administrator works through them.",
      fix: "Leave it out, or add the service to the rule's setting services.",
      settings: {
        services: setting.strings(
          [
            "access-analyzer.amazonaws.com",
            "account.amazonaws.com",
            "cloudtrail.amazonaws.com",
            "config.amazonaws.com",
            "config-multiaccountsetup.amazonaws.com",
            "guardduty.amazonaws.com",
            "inspector2.amazonaws.com",
            "macie.amazonaws.com",
            "securityhub.amazonaws.com",
            "sso.amazonaws.com",
          ],
          "Services that may act in every account",
        ),
      },
      check: ({ servicePrincipal }, { settings }) =>
        settings.services.includes(servicePrincipal) ? undefined : "servicePrincipal is not on the list",
    },
  ),
  resourceRule("aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment", {
    name: "sso-boundary-bounds",
    level: "mandatory",
    severity: "high",
    controls: [],
    url: "https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html",
    title: "A permissions boundary is not an administrator's policy",
    why: "It bounds nothing, and looks as if it did.",
    fix: "Name a narrower policy in permissionsBoundary.",
    check: ({ permissionsBoundary }) => {
      const arn = permissionsBoundary.managedPolicyArn;
      return arn !== undefined && isAdministratorsPolicy(arn)
        ? "permissionsBoundary is an administrator's policy"
        : undefined;
    },
  }),
  resourceRule("aws:identitystore/user:User", {
    name: "identity-people-reachable",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/singlesignon/latest/userguide/addusers.html",
    title: "Every person who logs in has an address of their own",
    why: "Their first password, and every warning about their sessions, is sent there.",
    fix: "Set emails with value and primary: true.",
    check: ({ emails }) => ((emails?.value ?? "").includes("@") ? undefined : "emails has no address"),
  }),
  resourceRule("aws:identitystore/group:Group", {
    name: "identity-groups-described",
    level: "advisory",
    severity: "low",
    controls: [],
    url: "https://docs.aws.amazon.com/singlesignon/latest/userguide/addgroups.html",
    title: "Every group says what it is for",
    why: "Who reviews a group's members has to know what they are let do.",
    fix: "Set description.",
    check: ({ description }) => ((description ?? "").trim() === "" ? "description is missing" : undefined),
  }),
  resourceRule("aws:organizations/organizationalUnit:OrganizationalUnit", {
    name: "organization-units-below-the-root",
    level: "mandatory",
    severity: "low",
    controls: [],
    url: `${organizations}/orgs_manage_ous.html`,
    title: "A unit is in the root or in another unit",
    why: "A parent that is an account's id is refused in the middle of an update.",
    fix: "Set parentId to the root's id (r-…) or a unit's (ou-…).",
    check: ({ parentId }) => (/^(r|ou)-/.test(parentId) ? undefined : "parentId is no root and no unit"),
  }),
  resourceRule("aws:account/alternativeContact:AlternativeContact", {
    name: "account-contact-reachable",
    level: "mandatory",
    severity: "medium",
    controls: [],
    url: "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html",
    title: "Contacts of an account can be written to and called",
    why: "AWS reports abuse, and stops what is abused, through them.",
    fix: "Set emailAddress, and phoneNumber with its digits.",
    check: function* ({ emailAddress, phoneNumber }) {
      if (!emailAddress.includes("@")) yield "emailAddress is no address";
      if (phoneNumber.replace(/\D/g, "").length < 5) yield "phoneNumber has too few digits";
    },
  }),
];
