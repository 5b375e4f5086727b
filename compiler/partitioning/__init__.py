"""From whole-program layouts to what one device computes and sends."""
