"""The camera checks of a whole room (L3 to L6): every board takes its pictures, and one page shows them all."""
