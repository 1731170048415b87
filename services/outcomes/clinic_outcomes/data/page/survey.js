"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const SECTIONS = ["waiting", "asking", "danger", "done", "nothing", "offline"];
  const SAVE_AFTER = 150;
  const secret = () => location.hash.slice(1);
  const answers = {};
  let credential = "", form = null, timer = 0, saving = Promise.resolve(), sent = false, urgent = null;

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };
  const key = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  class Nothing extends Error {}

  // What the service does not have yet, kept in this tab alone and only until it has it: a page
  // loaded again at once would otherwise ask before the last answer has arrived.
  const unsaved = {
    keep() { try { sessionStorage.setItem(secret(), JSON.stringify(answers)); } catch { /* not allowed here */ } },
    kept() { try { return JSON.parse(sessionStorage.getItem(secret())) || {}; } catch { return {}; } },
    forget(saved) { try { if (sessionStorage.getItem(secret()) === saved) sessionStorage.removeItem(secret()); } catch { /* not allowed here */ } },
  };

  async function call(method, path, body, options = {}) {
    const headers = { Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    if (method === "POST") headers["Idempotency-Key"] = key();
    if (credential && path.includes("/current")) headers["Survey-Credential"] = credential;
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store", credentials: "omit", ...options });
    if (response.status === 404 || response.status === 422) throw new Nothing();
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  async function begin() {
    const opened = await call("POST", "/v1/survey-sessions", { secret: secret() });
    credential = opened.credential;
  }

  // A credential lasts half an hour. The link gives another while the survey is unanswered.
  async function renewed(work) {
    try { return await work(); }
    catch (error) {
      if (!(error instanceof Nothing)) throw error;
      await begin();
      return work();
    }
  }

  function show(name) {
    SECTIONS.forEach((section) => { $(section).hidden = section !== name; });
    const heading = $(name).querySelector("h1");
    if (heading) heading.focus();
    scrollTo(0, 0);
  }

  function choiceOf(item, choice) {
    const label = make("label", "choice");
    const input = make("input");
    Object.assign(input, { type: "radio", name: "item-" + item.id, value: String(choice.value), checked: answers[item.id] === choice.value });
    const isScale = form.layout === "scale";
    if (isScale) input.setAttribute("aria-label", choice.text);
    input.addEventListener("change", () => chosen(item, choice.value));
    label.append(input, make("span", "", isScale ? String(choice.value) : choice.text));
    return label;
  }

  function fieldsetOf(item, place, total) {
    const fieldset = make("fieldset", form.layout === "scale" ? "scale" : "");
    fieldset.id = "item-" + item.id;
    fieldset.tabIndex = -1;
    const legend = make("legend");
    if (total > 1) legend.append(make("span", "number", place + " of " + total));
    legend.append(item.text);
    const choices = make("div", "choices");
    choices.append(...item.choices.map((choice) => choiceOf(item, choice)));
    fieldset.append(legend, choices);
    if (form.layout === "scale") {
      const ends = make("p", "ends");
      ends.setAttribute("aria-hidden", "true");
      ends.append(make("span", "", "0 is worst"), make("span", "", "10 is best"));
      fieldset.append(ends);
    }
    return fieldset;
  }

  function render(current) {
    form = current.form;
    const kept = unsaved.kept();
    Object.assign(answers, current.draft, kept);
    $("heading").textContent = form.heading;
    $("stem").textContent = form.stem;
    $("attribution").textContent = form.attribution;
    $("items").replaceChildren(...form.items.map((item, n) => fieldsetOf(item, n + 1, form.items.length)));
    progress();
    show("asking");
    const [last] = Object.keys(kept).slice(-1);
    if (last) soon(last);
  }

  const isAnswered = (item) => answers[item.id] !== undefined && answers[item.id] !== null;
  const leftOut = () => form.items.filter((item) => item.is_scored && !isAnswered(item));

  function progress() {
    if (form.items.length === 1) return;
    $("progress").textContent = form.items.filter(isAnswered).length + " of " + form.items.length + " answered";
  }

  function chosen(item, value) {
    answers[item.id] = value;
    $("item-" + item.id).classList.remove("missing");
    if (!leftOut().length) { $("left-out").hidden = true; $("anyway").hidden = true; }
    progress();
    unsaved.keep();
    soon(item.id);
  }

  function soon(about) {
    urgent = about;
    $("saved").textContent = "Saving…";
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER);
  }

  // One after the other, so that an older draft never arrives last.
  function save() {
    const about = urgent;
    saving = saving.then(async () => {
      if (sent) return;
      const sending = JSON.stringify(answers);
      try {
        const saved = await renewed(() => call("PUT", "/v1/survey-sessions/current", { answers }));
        unsaved.forget(sending);
        $("saved").textContent = "Saved";
        warn(saved.crisis, about);
      } catch { $("saved").textContent = "Not saved yet"; }
    });
    return saving;
  }

  const dial = (phone) => "tel:" + phone.replace(/[^0-9+]/g, "");

  function warn(crisis, about) {
    const shown = $("crisis-here");
    if (!crisis) { if (shown) shown.remove(); return; }
    if (shown) return;
    const notice = make("div", "notice");
    notice.id = "crisis-here";
    notice.setAttribute("role", "alert");
    const link = make("a", "call", "Call " + crisis.phone);
    link.href = dial(crisis.phone);
    notice.append(make("h2", "", "You do not have to wait for us."), make("p", "", crisis.text), link);
    $("item-" + about).append(notice);
  }

  function ask(missing) {
    missing.forEach((item) => $("item-" + item.id).classList.add("missing"));
    const box = $("left-out");
    const count = missing.length === 1 ? "One question is not answered." : missing.length + " questions are not answered.";
    const first = make("a", "", "Go to the first of them");
    first.href = "#";
    first.addEventListener("click", (event) => {
      event.preventDefault();
      $("item-" + missing[0].id).scrollIntoView({ block: "center" });
      $("item-" + missing[0].id).querySelector("input").focus();
    });
    const text = make("p");
    text.append("You may leave them out, if you want to. ", first);
    box.replaceChildren(make("h2", "", count), text);
    box.hidden = false;
    $("anyway").hidden = false;
    box.focus();
  }

  async function send() {
    if ($("send").getAttribute("aria-disabled") === "true") return;
    clearTimeout(timer);
    $("failed").hidden = true;
    $("send").setAttribute("aria-disabled", "true");
    $("spoken").textContent = "Sending your answers.";
    await saving;
    try { finish(await renewed(() => call("POST", "/v1/survey-sessions/current/answers", { answers }))); }
    catch (error) {
      if (error instanceof Nothing) show("nothing");
      else $("failed").hidden = false;
    }
    $("send").removeAttribute("aria-disabled");
  }

  function finish(receipt) {
    sent = true;
    credential = "";
    unsaved.forget(JSON.stringify(answers));
    history.replaceState(null, "", location.pathname);
    if (!receipt.crisis) return show("done");
    $("danger-text").textContent = receipt.crisis.text;
    $("danger-call").textContent = "Call " + receipt.crisis.phone;
    $("danger-call").href = dial(receipt.crisis.phone);
    show("danger");
    $("done").hidden = false;
  }

  async function start() {
    show("waiting");
    if (!secret()) return show("nothing");
    try {
      await begin();
      const current = await call("GET", "/v1/survey-sessions/current");
      render(current);
    } catch (error) { show(error instanceof Nothing ? "nothing" : "offline"); }
  }

  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const missing = leftOut();
    if (missing.length) ask(missing); else send();
  });
  $("anyway").addEventListener("click", send);
  $("again").addEventListener("click", start);
  addEventListener("hashchange", () => { if (secret()) location.reload(); });
  addEventListener("pagehide", () => {
    if (!sent && form && $("saved").textContent === "Saving…") {
      call("PUT", "/v1/survey-sessions/current", { answers }, { keepalive: true }).catch(() => {});
    }
  });
  start();
})();
