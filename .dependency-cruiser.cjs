/** Who may import whom; docs/architecture.md draws what follows. A test of test/tools/architecture tries each rule. */

const forbidden = [
  {
    name: "no-circles",
    comment: "What is in a circle can be read, tested and moved only together.",
    from: {},
    to: { circular: true },
  },
  {
    name: "no-guessing",
    comment: "An import that is not found is checked by no other rule.",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "programs-stand-alone",
    comment: "`pulumi up` runs the programs without the driver and without the sandbox.",
    from: { path: "^programs/" },
    to: { path: "^(automation|sandbox|policies|test|bench)/" },
  },
  {
    name: "policies-know-no-driver",
    comment: "The pack judges every update, whoever asks for it.",
    from: { path: "^policies/" },
    to: { path: "^(automation|sandbox|test|bench)/" },
  },
  {
    name: "iam-stands-alone",
    comment: "What an IAM document allows is asked by the pack and by the sandbox.",
    from: { path: "^iam/" },
    to: { path: "^(automation|sandbox|policies|programs|test|bench)/" },
  },
  {
    name: "one-seam-to-the-sandbox",
    comment: "What is deployed with has no part that only the sandbox has.",
    from: { path: "^(automation|programs|policies|iam|images)/", pathNot: "^automation/sandbox\\.ts$" },
    to: { path: "^sandbox/" },
  },
  {
    name: "one-entry-to-the-sandbox",
    comment: "What is behind the entry may change without those who use the sandbox; its own tests look behind it.",
    from: { pathNot: "^(sandbox|test/sandbox|test/faults/sandbox)/" },
    to: { path: "^sandbox/(?!index\\.ts$)" },
  },
  {
    name: "what-ships-is-installed",
    comment: "What deploys is installed without what develops it: `npm ci --omit=dev`.",
    from: { path: "^(automation|programs|policies|iam|images)/" },
    to: { dependencyTypes: ["npm-dev"] },
  },
  {
    name: "sandbox-knows-no-product",
    comment: "What stands in for AWS serves any program.",
    from: { path: "^sandbox/(cloud|engine|provider)/" },
    to: { path: "^(automation|programs|policies)/" },
  },
  {
    name: "decisions-are-pure",
    comment: "What is decided is a function of what was seen: it reads nothing and waits for nothing.",
    from: { path: "^automation/deploy/decide/" },
    to: { pathNot: "^(automation/deploy/decide/|programs/(errors|release|rollout|routes)\\.ts$|util$)" },
  },
  {
    name: "observing-writes-nothing",
    comment: "The driver's rooms, from the ground up: decide, observe, act, conduct; each knows only those below it.",
    from: { path: "^automation/deploy/observe/" },
    to: { path: "^automation/deploy/(act|conduct)/" },
  },
  {
    name: "acting-conducts-nothing",
    comment: "The driver's rooms, from the ground up: decide, observe, act, conduct; each knows only those below it.",
    from: { path: "^automation/deploy/act/" },
    to: { path: "^automation/deploy/conduct/" },
  },
  {
    name: "images-stand-alone",
    comment: "An image holds its own sources, and those of the base.",
    from: { path: "^images/([^/]+)/", pathNot: "^images/(notifier|runner)/" },
    to: { path: "^(automation|programs|policies|iam|sandbox|test|bench)/|^images/(?!$1/|base/)" },
  },
  {
    name: "runner-checks-out-as-the-driver",
    comment:
      "The runner's image holds the repository; its entry point takes of it how git and GitHub are asked, traces, names of machines and of what it leaves, and the errors.",
    from: { path: "^images/runner/" },
    to: {
      path: "^(automation|programs|policies|iam|sandbox|test|bench)/|^images/(?!runner/|base/)",
      pathNot:
        "^(automation/(delivery/git|github/(app|client))|programs/(components/runner/(artifacts|machine-names|trace)|error-catalogue|errors|names))\\.ts$",
    },
  },
  {
    name: "notifier-speaks-as-the-driver",
    comment:
      "An image holds its own sources, and those of the base; the notifier speaks to GitHub and Slack as the driver does, and knows the runner's machines and what jobs leave.",
    from: { path: "^images/notifier/" },
    to: {
      path: "^(automation|programs|policies|iam|sandbox|test|bench)/|^images/(?!notifier/|base/)",
      pathNot:
        "^(automation/(slack|github|delivery/comment)/|programs/components/runner/(artifacts|machine-names)\\.ts$)",
    },
  },
  {
    name: "tests-of-their-own",
    comment: "A suite that another imports would run in both; what suites share is in a file of its own.",
    from: { path: "^(test|bench)/" },
    to: { path: "\\.test\\.ts$" },
  },
  {
    name: "nothing-from-tests",
    comment: "What runs does not need what tests it.",
    from: { pathNot: "^(test|bench)/" },
    to: { path: "^(test|bench)/" },
  },
];

module.exports = {
  forbidden: forbidden.map((rule) => ({ ...rule, severity: "error" })),
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(sandbox/story/checkouts|images/[^/]+/dist)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types"] },
  },
};
