# SPDX-License-Identifier: Apache-2.0
"""instances of a class with attributes, made, linked and dropped"""


class Customer:
    def __init__(self, name, city):
        self.name = name
        self.city = city
        self.orders = []


class Order:
    def __init__(self, number, customer):
        self.number = number
        self.customer = customer
        self.total = number * 1.5


def turn():
    customers = [Customer(f"customer {number}", "Paris") for number in range(200)]
    for number in range(4000):
        customer = customers[number % 200]
        customer.orders.append(Order(number, customer))
    for customer in customers:  # else they would wait for the garbage collector
        customer.orders.clear()
