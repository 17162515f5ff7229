// The theme follows the system's, as LuCI's does.
(() => {
	const dark = window.matchMedia('(prefers-color-scheme: dark)');
	const set = () => document.documentElement.setAttribute('data-darkmode', dark.matches);

	dark.addEventListener('change', set);
	set();
})();
