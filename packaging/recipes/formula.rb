# SPDX-License-Identifier: MIT
# frozen_string_literal: true

# Stands in for Homebrew: formula.rb FORMULA PREFIX configure|build
# Takes down what the formula says, and runs its install in this directory: as far as cmake configures, or whole, with
# its test after that. The last line is what it said, as JSON.
require "json"
require "pathname"

# As far as this formula uses it. Whatever else one would say is an error.
class Formula
  @said = Hash.new { |said, name| said[name] = [] }

  class << self
    attr_accessor :tried

    def said
      Formula.instance_variable_get(:@said)
    end

    %i[desc homepage url license head depends_on].each do |name|
      define_method(name) { |*values| said[name] << values }
    end

    def test(&block)
      self.tried = block
    end

    def inherited(formula)
      super
      @formula = formula
    end
    attr_reader :formula
  end

  attr_reader :prefix

  def initialize(prefix, whole)
    @prefix = Pathname(prefix)
    @whole = whole
  end

  def bin
    prefix/"bin"
  end

  def libexec
    prefix/"libexec"
  end

  def version
    self.class.said[:url].first.last[:tag].delete_prefix("v")
  end

  # Homebrew's own, as far as they say how things are built.
  def std_cmake_args
    %W[-DCMAKE_INSTALL_PREFIX=#{prefix} -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release
       -DCMAKE_FIND_FRAMEWORK=LAST -Wno-dev -DBUILD_TESTING=OFF]
  end

  def system(*command)
    return unless @whole || command.first(2) == %w[cmake -S]

    puts "+ #{command.join(" ")}"
    raise "failed: #{command.join(" ")}" unless Kernel.system(*command.map(&:to_s))
  end

  def shell_output(command)
    `#{command}`.tap { raise "failed: #{command}" unless $CHILD_STATUS.success? }
  end

  def assert_match(pattern, text)
    raise "#{text.inspect} has no #{pattern}" unless text.include?(pattern)
  end

  def try
    instance_exec(&self.class.tried)
  end
end

require "English"
$stdout.sync = true
path, prefix, how = ARGV
load path
formula = Formula.formula.new(prefix, how == "build")
formula.install
formula.try if how == "build"
puts JSON.generate(Formula.said)
