package main

// header and footer are the page's part of map.js: what the text is, and how it is read.
const (
	header = `'use strict';
'require baseclass';

/*
 * The outlines of the countries, made by test/pages/world: not by hand.
 * Source: Natural Earth 4.1.0, 1:50m, Admin 0 countries, public domain
 * (naturalearthdata.com), as npm's world-atlas 2.0.2 of 7 December 2024 has it.
 * Borders are drawn as they are held, which says nothing about rights.
 *
 * The projection is equirectangular, a unit is a third of a degree. A character
 * is a number from 0 to 85. An arc is a corner of two numbers of two characters
 * each, then steps of two characters; a country is its ISO 3166-1 code, the place
 * of its label, and rings of arcs by their numbers, odd ones backwards.
 */
return baseclass.extend({
	width: 1080,
	height: 422,

`
	footer = `,

	/* Returns { code, x, y, d } for each country: d is an SVG path, empty where it is too small for one. */
	countries: function() {
		function num(s, i) {
			var c = s.charCodeAt(i);
			return c - (c > 92 ? 41 : 40);
		}
		function pair(s, i) {
			return num(s, i) * 86 + num(s, i + 1);
		}
		var arcs = this.arcs.split(' ').map(function(s) {
			var x = pair(s, 0), y = pair(s, 2), all = [ [ x, y ] ];
			for (var i = 4; i < s.length; i += 2)
				all.push([ x += num(s, i) - 43, y += num(s, i + 1) - 43 ]);
			return all;
		});
		function ring(s) {
			var all = [];
			for (var i = 0; i < s.length; i += 2) {
				var n = pair(s, i), arc = arcs[n >> 1];
				all = all.concat((n & 1 ? arc.slice().reverse() : arc).slice(1));
			}
			return 'M' + all.join(' ') + 'Z';
		}
		return this.shapes.split('!').map(function(s) {
			return {
				code: s.slice(0, 2), x: pair(s, 2), y: pair(s, 4),
				d: s.length > 6 ? s.slice(6).split(' ').map(ring).join('') : ''
			};
		});
	}
});
`
)
