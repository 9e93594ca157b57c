// Pictures that are pressed: says which.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (!button) return;
  for (const one of element.querySelectorAll("[data-pick]"))
    one.setAttribute("aria-pressed", String(one === button));
  trigger("select", { pick: button.dataset.pick, what: button.dataset.what || "" });
});
