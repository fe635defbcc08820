"""A debt book for informal lenders, kept by chatting on WhatsApp."""
