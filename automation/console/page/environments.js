/** Environments: what serves, what runs, what is under way. */
import { h, lasting, prose, time } from "./dom.js";

const states = {
  serving: "serving",
  releasing: "release under way",
  attention: "needs a look",
  absent: "not there",
  unreadable: "cannot be read",
};

const stageNames = {
  stage: "Stage",
  plan: "Plan",
  migrate: "Migrate",
  start: "Start",
  healthy: "Healthy",
  prove: "Prove",
  approve: "Approve",
  shift: "Shift",
  bake: "Bake",
  verify: "Verify",
  finish: "Finish",
  undo: "Undo",
  repair: "Repair",
  retire: "Retire",
  sweep: "Sweep",
};

const isPreview = ({ stack }) => /^pr-\d+$/.test(stack);

export function overview(environments) {
  const own = environments.filter((one) => !isPreview(one));
  const previews = environments.filter(isPreview);
  return [
    h("div", { class: "head" }, h("h1", {}, "Environments"), summary(environments)),
    environments.length === 0 &&
      h("p", { class: "soft" }, "No environment has been seen yet. `switchyard up <stack>` makes one."),
    own.map((one) => environment(one, h("a", { href: `#/${one.stack}` }, one.stack))),
    previews.length > 0 && h("h2", { class: "head" }, "Preview environments"),
    previews.map((one) => environment(one, h("a", { href: `#/${one.stack}` }, one.stack))),
  ];
}

function summary(environments) {
  const count = (state) => environments.filter((one) => one.state === state).length;
  const looks = count("attention") + count("unreadable");
  const words = [
    count("releasing") > 0 && `${count("releasing")} with a release under way`,
    looks > 0 ? `${looks} to look at` : environments.length > 0 && "all well",
  ];
  return h("p", { class: "soft" }, words.filter(Boolean).join(", "));
}

/** One environment as a sheet; the heading is a link on the overview, and absent on its own page. */
export function environment(view, heading, actions) {
  const { stack, state, url, services, names, flight, upgrade, last, troubles } = view;
  return h(
    "section",
    { class: "sheet environment", "data-key": stack, "aria-label": stack },
    h(
      "div",
      { class: "top" },
      heading && h("h2", {}, heading),
      h("span", { class: `state ${state}` }, states[state]),
      url &&
        h(
          "a",
          { class: "small soft", href: url, rel: "noreferrer", target: "_blank" },
          url.replace(/^https?:\/\//, ""),
        ),
      last &&
        !flight &&
        h("span", { class: "small soft end" }, `${last.kind} ${last.version} ${last.outcome}, `, time(last.at)),
    ),
    troubles.length > 0 &&
      h(
        "ul",
        { class: "notes" },
        troubles.map((one) => h("li", {}, prose(one))),
      ),
    services.map(service),
    names?.map(sharedName),
    flight && flightOf(flight),
    upgrade && upgradeOf(upgrade),
    actions,
  );
}

function service({ name, path, closed, colours }) {
  const words = colours.map(({ colour, weight }) => `${colour} ${weight} %`).join(", ");
  return h(
    "div",
    { class: "service", "data-key": name },
    h("div", { class: "name" }, name, h("span", { class: "path soft small mono" }, path)),
    h(
      "div",
      {},
      h(
        "div",
        { class: "rail", role: "img", "aria-label": closed ? `${name}: takes no requests` : `${name}: ${words}` },
        closed ? undefined : colours.map(({ colour, weight }) => h("span", { class: colour, "width%": weight })),
      ),
      h(
        "div",
        { class: "sides" },
        colours.map((one, index) => side(one, index === 1, closed)),
      ),
    ),
  );
}

function side({ colour, role, version, weight, healthy, desired, reasons, warmUntil }, second, closed) {
  const ill = desired > 0 && healthy < desired;
  const tasks = desired === 0 ? "no tasks" : `${healthy} of ${desired} healthy`;
  return h(
    "div",
    { class: second ? "side second" : "side", "data-side": colour },
    h(
      "div",
      {},
      h("span", { class: `key ${colour}`, "aria-hidden": "true" }),
      h("strong", {}, closed ? "closed" : `${weight} %`),
      ` ${colour} `,
      h("span", { class: "soft" }, role === "empty" ? "" : role),
    ),
    h(
      "div",
      { class: "soft" },
      version && [h("span", { class: "mono version" }, version), ", "],
      h("span", { class: ill ? "bad" : undefined }, tasks),
    ),
    warmUntil && h("div", { class: "soft small" }, "kept warm until ", time(warmUntil)),
    reasons.map((reason) => h("div", { class: "bad small" }, reason)),
  );
}

/** A name that another environment may have as well: whom those are led to who ask by it. */
function sharedName({ host, leads }) {
  const words = leads.length === 0 ? "no record" : leads.map(({ stack, share }) => `${stack} ${share} %`).join(", ");
  const place = (index) => (index === 0 ? "first" : "other");
  return h(
    "div",
    { class: "service shared", "data-key": `name ${host}` },
    h("div", { class: "name" }, host, h("span", { class: "path soft small" }, "shared name")),
    h(
      "div",
      {},
      h(
        "div",
        { class: "rail", role: "img", "aria-label": `${host}: ${words}` },
        leads.map(({ share }, index) => h("span", { class: place(index), "width%": share })),
      ),
      leads.length === 0
        ? h("div", { class: "bad small" }, words)
        : h(
            "ul",
            { class: "leads" },
            leads.map(({ stack, weight, share }, index) =>
              h(
                "li",
                {},
                h("span", { class: `key ${place(index)}`, "aria-hidden": "true" }),
                h("strong", {}, `${share} %`),
                ` ${stack} `,
                h("span", { class: "soft" }, `weight ${weight}`),
              ),
            ),
          ),
    ),
  );
}

/** An upgrade to the environment beside this one: what is done, what is next, and how long there is a way back. */
function upgradeOf({ stands, begunAt, steps, keptUntil }) {
  const now = steps.find(({ state }) => state === "now");
  return h(
    "div",
    { class: "flight", role: "group", "aria-label": "Upgrade" },
    h("p", {}, h("strong", {}, "Upgrade"), h("span", { class: "soft" }, ", since ", time(begunAt))),
    h("p", {}, stands),
    stagesOf(
      steps.map(({ step, state }) => ({ name: step, state })),
      "Steps of the upgrade",
    ),
    now && h("p", {}, `Next: ${now.why}`),
    keptUntil && h("p", {}, "Waits for a person, who settles it; kept until ", time(keptUntil)),
  );
}

function stagesOf(stages, label) {
  return h(
    "ol",
    { class: "stages", "aria-label": label },
    stages.map(({ name, state }) =>
      h(
        "li",
        { class: state, "aria-current": state === "now" ? "step" : undefined },
        h("span", {}, name),
        state !== "now" && h("span", { class: "quiet" }, state === "done" ? ", done" : ", ahead"),
      ),
    ),
  );
}

function flightOf({ kind, version, actor, at, stages, steps, waits, undo, atWork }) {
  const last = steps.at(-1);
  return h(
    "div",
    { class: "flight" },
    h("p", {}, h("strong", {}, `${kind} ${version}`), h("span", { class: "soft" }, ` by ${actor}, since `, time(at))),
    undo && h("p", { class: "bad" }, `Turning back: ${undo}`),
    stagesOf(
      stages.map(({ phase, state }) => ({ name: stageNames[phase] ?? phase, state })),
      "Stages",
    ),
    waits
      ? h("p", {}, `Waits: ${waits.why}, until `, time(waits.until), " at the latest")
      : last && h("p", {}, last.state === "failed" ? `Failed: ${last.problem ?? last.why}` : last.why),
    !atWork && h("p", { class: "bad" }, "Nobody is at work on it."),
  );
}

/** Everything about one environment as it is now. */
export function present(view, charts, actions) {
  const { lease, frozen, flight } = view;
  return [
    environment(view, undefined, actions),
    h(
      "section",
      { class: "sheet pad", "aria-label": "At work" },
      h(
        "dl",
        { class: "facts" },
        fact("Lease", lease ? `${lease.holder}: ${lease.purpose}` : "free"),
        lease && fact("Held since", time(lease.since)),
        fact("Frozen", frozen ? `by ${frozen.by}${frozen.why ? `: ${frozen.why}` : ""}` : "no"),
        fact("Unchanged since", time(view.at)),
      ),
    ),
    flight &&
      h(
        "section",
        { class: "sheet pad", "aria-label": "Steps" },
        h("h2", {}, "Steps"),
        h("ol", { class: "steps" }, flight.steps.map(step)),
      ),
    charts,
  ];
}

function fact(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

export function step({ at, phase, why, state, ms, problem, details = [], reproduced }) {
  return h(
    "li",
    {},
    time(at),
    h("span", { class: "soft" }, stageNames[phase] ?? phase),
    h(
      "div",
      { class: "why" },
      why,
      problem && h("div", { class: "bad" }, problem),
      details.map((line) => h("div", { class: "bad small mono" }, line)),
      reproduced === false && h("div", { class: "soft small" }, "This version of Switchyard would decide otherwise."),
    ),
    h(
      "span",
      { class: state === "failed" ? "bad" : "soft" },
      state === "done" && ms !== undefined ? lasting(ms) : state,
    ),
  );
}
