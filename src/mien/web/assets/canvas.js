// A sheet to draw on. What is on it goes out as a PNG after every stroke.
let pen = null, rubbing = false, strokes = [], now = null, at = [0.5, 0.5];
const find = (name) => element.querySelector(name);
const sheet = find("canvas"), ink = sheet.getContext("2d");
const pens = [...element.querySelectorAll(".pen")];
const paper = pens.length ? "#000000" : "#ffffff";
pen = pens.length ? pens[0].dataset.colour : "#222222";
ink.lineCap = ink.lineJoin = "round";
const stroke = (one) => {
  ink.strokeStyle = one.colour;
  ink.lineWidth = one.width;
  ink.beginPath();
  one.points.forEach(([x, y], i) => (i ? ink.lineTo(x, y) : ink.moveTo(x, y)));
  if (one.points.length === 1) ink.lineTo(one.points[0][0] + 0.1, one.points[0][1]);
  ink.stroke();
};
const redraw = () => {
  ink.fillStyle = paper;
  ink.fillRect(0, 0, sheet.width, sheet.height);
  strokes.forEach(stroke);
};
const tell = () => {
  props.value = strokes.length ? sheet.toDataURL("image/png") : "";
  trigger("input");
};
const place = (event) => {
  const box = sheet.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * sheet.width, ((event.clientY - box.top) / box.height) * sheet.height];
};
const begin = (point) => {
  now = { colour: rubbing ? paper : pen, width: Number(find(".width").value), points: [point] };
  strokes.push(now);
  stroke(now);
};
sheet.addEventListener("pointerdown", (event) => {
  sheet.setPointerCapture(event.pointerId);
  begin(place(event));
});
sheet.addEventListener("pointermove", (event) => {
  if (!now) return;
  now.points.push(place(event));
  stroke({ ...now, points: now.points.slice(-2) });
});
for (const end of ["pointerup", "pointercancel"])
  sheet.addEventListener(end, () => {
    if (!now) return;
    now = null;
    tell();
  });
sheet.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] }[event.key];
  if (!step) return;
  event.preventDefault();
  const from = strokes.length ? strokes[strokes.length - 1].points.at(-1) : [sheet.width / 2, sheet.height / 2];
  const to = [from[0] + step[0], from[1] + step[1]];
  if (event.shiftKey && strokes.length) strokes.push({ ...strokes.at(-1), points: [to] });
  else begin(from), now.points.push(to), (now = null);
  redraw();
  tell();
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.colour) {
    pen = button.dataset.colour;
    rubbing = false;
  }
  if (button.dataset.tool === "rub") rubbing = !rubbing;
  if (button.dataset.tool === "undo") strokes.pop();
  if (button.dataset.tool === "clear") strokes = [];
  for (const one of pens) one.setAttribute("aria-pressed", String(!rubbing && one.dataset.colour === pen));
  find('[data-tool="rub"]').setAttribute("aria-pressed", String(rubbing));
  redraw();
  if (["undo", "clear"].includes(button.dataset.tool)) tell();
});
redraw();
