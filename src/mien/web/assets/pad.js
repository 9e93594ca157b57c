// A point in a square: pointer and arrow keys; y points upwards.
let x = 0, y = 0, held = false;
const square = () => element.querySelector(".pad");
const draw = () => {
  const dot = element.querySelector(".dot");
  dot.style.left = 50 + 50 * x + "%";
  dot.style.top = 50 - 50 * y + "%";
};
const put = (a, b) => {
  x = Math.max(-1, Math.min(1, a));
  y = Math.max(-1, Math.min(1, b));
  draw();
  props.value = { ...props.value, x, y };
  trigger("input");
};
const follow = (event) => {
  const box = square().getBoundingClientRect();
  put(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2);
};
element.addEventListener("pointerdown", (event) => {
  if (!event.target.closest(".pad")) return;
  held = true;
  square().setPointerCapture(event.pointerId);
  follow(event);
});
element.addEventListener("pointermove", (event) => held && follow(event));
for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (held = false));
element.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
  if (!step && event.key !== "Home") return;
  event.preventDefault();
  step ? put(x + step[0], y + step[1]) : put(0, 0);
});
const fill = () => {
  const value = props.value || {};
  x = value.x || 0;
  y = value.y || 0;
  for (const side of ["up", "down", "left", "right"])
    element.querySelector(".edge." + side).textContent = value[side] || "";
  draw();
};
watch("value", fill);
fill();
