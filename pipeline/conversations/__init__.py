"""Conversations: tables, feature stores and masks become batches of padded dialogues."""
