// Renders /openapi.json. Text nodes only: nothing in the description is ever read as markup.
"use strict";

const byId = (id) => document.getElementById(id);
let description = {};

/** An element with attributes, event listeners left to the caller, and children (strings become text). */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Text in which `code` stands between backquotes. */
function prose(text) {
  return (text || "").split("`").map((part, index) => (index % 2 ? make("code", {}, part) : part));
}

const resolve = (schema) => {
  let found = schema, name = null;
  while (found && found.$ref) {
    name = found.$ref.split("/").pop();
    found = description.components.schemas[name];
  }
  return [found || {}, name];
};

const shortName = (name) => (name || "").replace(/^canonical\./, "");

function typeOf(schema) {
  if (schema === undefined || schema === true) return "anything";
  const [found, name] = resolve(schema);
  if (name) return shortName(name);
  if (found.const !== undefined) return JSON.stringify(found.const);
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  for (const many of ["oneOf", "anyOf", "allOf"]) {
    if (found[many]) return found[many].map(typeOf).join(many === "allOf" ? " & " : " | ");
  }
  const type = Array.isArray(found.type) ? found.type.filter((one) => one !== "null").join(" | ") : found.type;
  if (type === "array") return `${typeOf(found.items)}[]`;
  return (type || "anything") + (found.format ? ` (${found.format})` : "");
}

/** What can be opened below a schema: its members, or those of its alternatives. */
function parts(schema) {
  const [found] = resolve(schema);
  if (found.items) return parts(found.items);
  const merged = { properties: { ...found.properties }, required: [...(found.required || [])], choices: [] };
  for (const inner of found.allOf || []) {
    const more = parts(inner);
    Object.assign(merged.properties, more.properties);
    merged.required.push(...more.required);
  }
  merged.choices = [...(found.oneOf || []), ...(found.anyOf || [])].filter((one) => one.$ref || one.properties);
  return merged;
}

/** The members of a schema as a list; each opens when it is asked to, so that recursion ends with the reader. */
function members(schema) {
  const { properties, required, choices } = parts(schema);
  const list = make("ul", { class: "members" });
  const item = (label, inner, must, about) => {
    const below = parts(inner);
    const deep = Object.keys(below.properties).length > 0 || below.choices.length > 0;
    const head = [make("code", {}, label), " ", make("span", { class: "type" }, typeOf(inner))];
    if (must) head.push(" ", make("span", { class: "must" }, "required"));
    if (about) head.push(" ", make("span", { class: "quiet" }, prose(about)));
    if (!deep) return make("li", {}, head);
    const details = make("details", {}, make("summary", {}, head));
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(members(inner));
    });
    return make("li", {}, details);
  };
  for (const [name, inner] of Object.entries(properties)) {
    const about = inner.description || resolve(inner)[0].description;
    list.append(item(name, inner, required.includes(name), about));
  }
  for (const choice of choices) list.append(item("or", choice, false, resolve(choice)[0].title));
  return list;
}

function table(heads, rows) {
  const head = make("tr", {}, heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map((cells) => make("tr", {}, cells.map((cell) => make("td", {}, cell))));
  return make("div", { class: "scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, body)));
}

/** A line for a shell; quotes inside are closed, escaped and opened again. */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(method, path, operation) {
  const words = ["curl"];
  if (method !== "GET") words.push("-X", method);
  if (operation.security) {
    const token = byId("token").value;
    words.push("-H", token ? quoted(`Authorization: Bearer ${token}`) : '"Authorization: Bearer $REGBRIDGE_TOKEN"');
  }
  if (operation.requestBody) {
    words.push("-H", quoted("Content-Type: application/json"));
    words.push("-H", quoted("Idempotency-Key: a-name-of-your-own"), "--data-binary", "@record.json");
  }
  const query = (operation.parameters || []).filter((one) => one.in === "query" && one.name === "limit");
  const address = location.origin + path + (query.length ? "?limit=10" : "");
  return [...words, quoted(address)].join(" ");
}

function curlBox(method, path, operation) {
  const line = make("pre", { class: "line" });
  const write = () => { line.textContent = curl(method, path, operation); };
  write();
  byId("token").addEventListener("input", write);
  const copy = make("button", { type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(line.textContent);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(line);
      copy.textContent = "Selected";
    }
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  return make("div", { class: "curl" }, line, copy);
}

/** What to say of a body: its media types, and the members of its schema. */
function content(body) {
  const found = Object.entries(body.content || {});
  return found.map(([media, { schema }]) => {
    const label = [make("code", {}, media), " ", make("span", { class: "type" }, schema ? typeOf(schema) : "")];
    const below = schema ? parts(schema) : { properties: {}, choices: [] };
    const deep = Object.keys(below.properties).length || below.choices.length;
    return make("div", {}, label, deep ? members(schema) : null);
  });
}

function responseRow([status, response]) {
  const good = status.startsWith("2");
  const details = [...prose(response.description)];
  const [[media, { schema }] = ["", {}]] = Object.entries(response.content || {});
  if (media) details.push(" ", make("code", {}, media), " ");
  if (schema && good) {
    const below = parts(schema);
    if (Object.keys(below.properties).length || below.choices.length) details.push(members(schema));
  } else if (schema) {
    details.push(make("span", { class: "type" }, typeOf(schema)));
  }
  return [make("span", { class: `status ${good ? "ok" : "no"}` }, status), details];
}

const anchor = (method, path) => `${method}-${path}`.replace(/[^A-Za-z0-9]+/g, "-").replace(/-$/, "");

function operationBox(method, path, operation) {
  const summary = make("summary", {},
    make("span", { class: `method ${method}` }, method), make("span", { class: "path" }, path),
    make("span", { class: "summary" }, prose(operation.summary)),
    operation.security ? make("span", { class: "lock", title: "wants a token" }, "token") : null);
  const inside = make("div", { class: "inside" });
  if (operation.description) inside.append(make("p", {}, prose(operation.description)));
  if (operation.parameters?.length) {
    const rows = operation.parameters.map((one) => [
      make("code", {}, one.name), one.in, typeOf(one.schema),
      [one.required ? make("span", { class: "must" }, "required ") : "", ...prose(one.description)]]);
    inside.append(make("h3", {}, "Parameters"), table(["Name", "In", "Type", "Meaning"], rows));
  }
  if (operation.requestBody) {
    inside.append(make("h3", {}, "Body"), make("p", {}, prose(operation.requestBody.description)), ...content(operation.requestBody));
  }
  inside.append(make("h3", {}, "Answers"), table(["Status", "Meaning"], Object.entries(operation.responses).map(responseRow)));
  inside.append(make("h3", {}, "Try it"), curlBox(method, path, operation));
  const box = make("details", { class: "operation", id: anchor(method, path) }, summary, inside);
  box.dataset.words = [method, path, operation.summary, operation.description, ...(operation.tags || []), ...Object.keys(operation.responses)].join(" ").toLowerCase();
  return box;
}

function schemaBox(name, schema) {
  const box = make("details", { class: "schema", id: `schema-${name}` },
    make("summary", {}, make("span", { class: "path" }, name), make("span", { class: "summary" }, prose(schema.description || schema.title))));
  const inside = make("div", { class: "inside" });
  box.append(inside);
  box.addEventListener("toggle", () => { if (box.open && !inside.childElementCount) inside.append(members(schema)); });
  box.dataset.words = `${name} ${schema.title || ""} ${schema.description || ""}`.toLowerCase();
  return box;
}

function render() {
  byId("title").textContent = description.info.title;
  byId("about").replaceChildren(`${description.info.version} · OpenAPI ${description.openapi} · `, ...prose(description.info.description));
  document.title = description.info.title;
  const main = byId("main"), contents = byId("contents");
  main.replaceChildren();
  const operations = Object.entries(description.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [method.toUpperCase(), path, operation]))
    // What this page is made of is no business of its reader.
    .filter(([, path]) => !path.startsWith("/docs"));
  for (const tag of description.tags) {
    const own = operations.filter(([, , operation]) => operation.tags?.includes(tag.name));
    const section = make("section", {}, make("h2", {}, tag.name), make("p", { class: "quiet" }, prose(tag.description)));
    contents.append(make("strong", {}, tag.name));
    for (const [method, path, operation] of own) {
      section.append(operationBox(method, path, operation));
      contents.append(make("a", { href: `#${anchor(method, path)}` }, `${method} ${path.replace("/platform/v1", "")}`));
    }
    main.append(section);
  }
  const records = Object.entries(description.components.schemas).filter(([, schema]) => schema.properties?.schema_version);
  const section = make("section", {}, make("h2", {}, "Records"), make("p", { class: "quiet" }, "What agencies and the platform tell each other, in the platform's one schema."));
  contents.append(make("strong", {}, "Records"));
  for (const [name, schema] of records) {
    section.append(schemaBox(name, schema));
    contents.append(make("a", { href: `#schema-${name}` }, name));
  }
  main.append(section);
  openTarget();
}

function openTarget() {
  const box = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
  if (!box) return;
  box.open = true;
  box.scrollIntoView({ block: "start" });
}

function find() {
  const wanted = byId("find").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  for (const box of document.querySelectorAll("[data-words]")) {
    box.hidden = !wanted.every((word) => box.dataset.words.includes(word));
  }
  for (const section of document.querySelectorAll("main section")) {
    section.hidden = !section.querySelector("[data-words]:not([hidden])");
  }
}

async function start() {
  byId("find").addEventListener("input", find);
  addEventListener("hashchange", openTarget);
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) throw new Error(`openapi.json: ${answer.status}`);
    description = await answer.json();
    render();
  } catch (why) {
    byId("main").replaceChildren(make("p", {}, `The description cannot be read: ${why.message}`));
  }
}

start();
