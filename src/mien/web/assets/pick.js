// Pictures that are pressed: says which. It is the one that the pointer went down on, whatever the
// list has put in its place until it comes up; then browsers send no click, or another's.
const tell = (pick) => {
  for (const one of element.querySelectorAll("[data-pick]"))
    one.setAttribute("aria-pressed", String(one.dataset.pick === pick));
  trigger("select", { pick });
};
let held = null, told = false;
const lift = ({ clientX: x, clientY: y }) => {
  if (!held) return;
  const { left, right, top, bottom } = held.box;
  told = left <= x && x <= right && top <= y && y <= bottom;
  if (told) tell(held.pick);
  held = null;
};
element.addEventListener("pointerdown", (event) => {
  const button = !event.button && event.target.closest("[data-pick]");
  held = button ? { pick: button.dataset.pick, box: button.getBoundingClientRect() } : null;
  told = false;
  addEventListener("pointerup", lift, { once: true });
});
element.addEventListener("pointercancel", () => (held = null));
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (button && !(told && event.detail)) tell(button.dataset.pick); // By a key.
});
