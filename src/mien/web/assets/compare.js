// Two pictures over one another; the range says how much of the first is seen.
const find = (name) => element.querySelector(name);
const place = () => {
  const share = find("input").value;
  find(".compare").style.setProperty("--share", share + "%");
};
const fill = () => {
  const value = props.value || {};
  find(".compare").hidden = !value.after;
  if (!value.after) return;
  find(".before").src = value.before;
  find(".after").src = value.after;
  place();
};
element.addEventListener("input", place);
watch("value", fill);
fill();
