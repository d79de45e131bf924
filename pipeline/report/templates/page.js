// Marks in the navigation where the reader is.
"use strict";

const navigation = document.querySelector("nav");
const places = [...navigation.querySelectorAll("a")]
  .map((link) => ({ link, target: document.getElementById(link.hash.slice(1)) }))
  .filter((place) => place.target);

function markPlace() {
  const line = 0.3 * window.innerHeight;
  const isShown = (place) => place.target.checkVisibility();
  const passed = places.filter((place) => isShown(place) && place.target.getBoundingClientRect().top <= line);
  const current = passed.length ? passed[passed.length - 1] : places[0];
  for (const { link } of places) {
    link.classList.toggle("holds", link !== current?.link && link.parentElement.contains(current?.link));
    if (link === current?.link) link.setAttribute("aria-current", "location");
    else link.removeAttribute("aria-current");
  }
  if (!current) return;
  const shown = current.link.checkVisibility() ? current.link : navigation.querySelector(".holds");
  const bar = navigation.querySelector("ul");
  if (shown) bar.scrollLeft = shown.offsetLeft - (bar.clientWidth - shown.offsetWidth) / 2;
  if (shown) navigation.scrollTop = shown.offsetTop - navigation.clientHeight / 2;
}

let isAsked = false;
function askForMark() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    markPlace();
  });
}

window.addEventListener("scroll", askForMark, { passive: true });
window.addEventListener("resize", askForMark);
markPlace();
