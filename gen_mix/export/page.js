"use strict";
// All mixes run on one clock; only the chosen one is heard. A short fade keeps a switch from clicking.
const rows = [...document.querySelectorAll("tr[data-mix]")];
const dots = [...document.querySelectorAll(".map .mix")];
const players = rows.map((row) => row.querySelector("audio"));
const seek = document.getElementById("seek");
const clock = document.getElementById("clock");
const toggle = document.getElementById("toggle");
const FADE_MS = 15;
let current = 0;
let seeking = false;

const time = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const isPlaying = () => !players[current].paused;

function fade(player, target) {
  const start = player.volume;
  const began = performance.now();
  const step = (now) => {
    const share = Math.max(0, Math.min(1, (now - began) / FADE_MS)); // a frame may be older than its request
    player.volume = start + (target - start) * share;
    if (share < 1) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

function show() {
  rows.forEach((row, place) => {
    const isCurrent = place === current;
    row.classList.toggle("current", isCurrent);
    const button = row.querySelector(".play");
    button.setAttribute("aria-pressed", String(isCurrent && isPlaying()));
    row.querySelector(".state").textContent = isCurrent && isPlaying() ? "playing" : "play";
  });
  dots.forEach((dot) => dot.classList.toggle("current", Number(dot.dataset.mix) === current + 1));
  toggle.textContent = isPlaying() ? "Pause" : "Play";
}

function choose(place) {
  if (place !== current) {
    const wasPlaying = isPlaying();
    if (wasPlaying) players[place].currentTime = players[current].currentTime;
    fade(players[current], 0);
    current = place;
    fade(players[current], Number(players[current].dataset.gain));
  }
  show();
}

async function play() {
  const now = players[current].currentTime;
  players.forEach((player, place) => {
    player.currentTime = now;
    player.volume = place === current ? Number(player.dataset.gain) : 0;
  });
  await Promise.all(players.map((player) => player.play()));
  show();
}

function pause() {
  players.forEach((player) => player.pause());
  show();
}

rows.forEach((row, place) => {
  row.querySelector(".play").addEventListener("click", () => {
    const again = place === current && isPlaying();
    choose(place);
    if (again) pause();
    else if (!isPlaying()) play();
  });
});
dots.forEach((dot) => dot.addEventListener("click", () => choose(Number(dot.dataset.mix) - 1)));
toggle.addEventListener("click", () => (isPlaying() ? pause() : play()));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const number = Number(event.key);
  if (number >= 1 && number <= players.length) choose(number - 1);
  else if (event.key === " " && event.target.tagName !== "BUTTON") {
    event.preventDefault();
    if (isPlaying()) pause();
    else play();
  }
});
seek.addEventListener("input", () => {
  seeking = true;
  players.forEach((player) => { player.currentTime = Number(seek.value) * (player.duration || 0); });
});
seek.addEventListener("change", () => { seeking = false; });
setInterval(() => {
  const player = players[current];
  if (!seeking && player.duration) seek.value = player.currentTime / player.duration;
  clock.textContent = `${time(player.currentTime)} / ${time(player.duration || 0)}`;
}, 100);
players.forEach((player) => player.addEventListener("ended", pause));
show();
