'use strict';
'require baseclass';
'require weir.svg as s';
'require weir.area as area';
'require weir.figures as figures';

// All pictures in one place, for pages.

return baseclass.extend({
	svg: s.svg, colour: s.colour, DOWN: s.DOWN, UP: s.UP, GREY: s.GREY,
	area: area.area,
	spark: figures.spark, bar: figures.bar, split: figures.split, redraw: figures.redraw,
	heat: figures.heat, donut: figures.donut, spans: figures.spans
});
