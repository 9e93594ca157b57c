// Of the whole page: light or dark, the page's language, names for what Gradio leaves without.
(() => {
  const dark = localStorage.getItem("mien-dark");
  const wanted = dark === null ? matchMedia("(prefers-color-scheme: dark)").matches : dark === "1";
  const paint = (on) => document.body.classList.toggle("dark", on);
  paint(wanted);

  const VI = {
    "Click to Upload": "Bấm để chọn tệp", "Drop Image Here": "Thả ảnh vào đây", "- or -": "hoặc",
    "Drop File Here": "Thả tệp vào đây", "Upload file": "Tải tệp lên", "Capture from camera": "Chụp bằng máy ảnh",
    "Paste from clipboard": "Dán từ bộ nhớ tạm", "Clear": "Xoá", "Click to Access Webcam": "Bấm để mở máy ảnh",
    "click to capture": "bấm để chụp", "Uploading...": "Đang tải lên…", "Remove Image": "Bỏ ảnh", "Close": "Đóng",
    "Error": "Lỗi",
  };
  const page = () => document.querySelector("[data-page]")?.dataset.page || "en";
  const translate = (root) => {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode()); ) {
      const said = VI[node.nodeValue.trim()];
      if (said) node.nodeValue = said;
    }
    for (const one of root.querySelectorAll("[aria-label],[title]"))
      for (const name of ["aria-label", "title"]) {
        const said = VI[one.getAttribute(name)];
        if (said) one.setAttribute(name, said);
      }
  };
  // Gradio shows an upload's refusal as it came: status and JSON. Its sentence is enough.
  const plain = () => {
    for (const one of document.querySelectorAll(".toast-body *")) {
      const said = !one.children.length && /^HTTP \d+: .*"error":("(?:[^"\\]|\\.)*")/s.exec(one.textContent.trim());
      if (said) one.textContent = JSON.parse(said[1]);
    }
  };
  // On a phone the tabs are a row that scrolls; the open one is to be seen in it.
  let open = null;
  const reveal = () => {
    const tab = document.querySelector("#panels > .tab-wrapper > .tab-container:not(.visually-hidden) [role=tab][aria-selected=true]");
    if (!tab || tab === open) return;
    open = tab;
    const row = tab.parentElement;
    row.scrollTo({ left: tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.clientWidth) / 2 });
  };
  const mend = () => {
    reveal();
    plain();
    if (document.documentElement.lang !== page()) document.documentElement.lang = page();
    if (page() === "vi") translate(document.body);
    for (const input of document.querySelectorAll("input[type=file]:not([aria-label])"))
      input.setAttribute("aria-label", input.closest(".block")?.querySelector("label, [data-testid=block-label]")?.textContent.trim() || "File");
    for (const field of document.querySelectorAll("[aria-label^='range slider for '], [aria-label^='number input for ']"))
      field.setAttribute("aria-label", field.getAttribute("aria-label").replace(/^(range slider|number input) for /, ""));
  };
  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      mend();
    });
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["lang", "aria-selected"] });

  addEventListener("resize", () => {
    open = null;
    reveal();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dark]")) {
      const on = !document.body.classList.contains("dark");
      localStorage.setItem("mien-dark", on ? "1" : "0");
      paint(on);
    }
    const link = event.target.closest("a[data-language]");
    if (link) document.cookie = `mien_language=${link.dataset.language}; Path=/; SameSite=Lax; Max-Age=31536000`;
  });
})();
