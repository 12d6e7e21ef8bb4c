"""What administrators decide: people, places, template revisions, scoring rules, refused changes. All of it audited."""
