"""Write README.md."""

from tests.published.document import README, document

if __name__ == "__main__":
    README.write_text(document(), encoding="utf-8")
