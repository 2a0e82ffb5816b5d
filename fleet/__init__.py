"""What runs on the teacher's computer: it speaks to the boards, collects their records and explains them."""
