using Lacquer.Cli;
using Lacquer.Cli.Rendering;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Cli;

public sealed class TerminalTests
{
    [Theory]
    [InlineData("a\u001b[31mred", "a[31mred")]
    [InlineData("bell\u0007 \u009b1m csi", "bell 1m csi")]
    [InlineData("\u202egnirts", "gnirts")]
    [InlineData("two\r\nlines", "two  lines")]
    [InlineData("Кино · 東京 · Ström", "Кино · 東京 · Ström")]
    public void What_a_terminal_would_obey_is_not_printed(string title, string printed)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var terminal = new Terminal(output, error);
        terminal.Print(title);
        terminal.Say(title);
        Assert.Equal(printed + "\n", output.ToString());
        Assert.Equal($"lacquer: {printed}\n", error.ToString());
    }

    [Fact]
    public void Signs_of_ours_are_ASCII_where_the_output_has_no_others()
    {
        var output = new StringWriter { NewLine = "\n" };
        new Terminal(output, TextWriter.Null) { Unicode = false }.Print($"rec-… {Figures.Count(1234567)}");
        Assert.Equal("rec-... 1 234 567\n", output.ToString());
    }

    [Fact]
    public void JSON_has_no_control_characters_of_strangers()
    {
        var output = new StringWriter { NewLine = "\n" };
        new Terminal(output, TextWriter.Null).PrintJson(new { SomeTitle = "a\u001b[31m\u009b é" });
        Assert.Contains("\"some_title\": \"a\\u001B[31m\\u009B é\"", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500MB", 500_000_000)]
    [InlineData("4 TB", 4_000_000_000_000)]
    [InlineData("1.5GiB", 1_610_612_736)]
    [InlineData("1.5g", 1_500_000_000)]
    [InlineData("1048576", 1_048_576)]
    [InlineData("12B", 12)]
    public void Sizes_are_read_as_people_write_them(string text, long bytes)
    {
        Assert.True(Figures.TryParseBytes(text, out var read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1MB")]
    [InlineData("1,5GB")]
    [InlineData("MB")]
    [InlineData("1XB")]
    [InlineData("99999999999EB")]
    public void What_is_no_size_is_not_read(string text) => Assert.False(Figures.TryParseBytes(text, out _));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1.00 kB")]
    [InlineData(999_499, "999 kB")]
    [InlineData(999_500, "1.00 MB")]
    [InlineData(300_000_000_000_000, "300 TB")]
    public void Sizes_have_three_digits(long bytes, string text) => Assert.Equal(text, Figures.Bytes(bytes));

    [Fact]
    public void Durations_are_minutes_and_seconds()
    {
        Assert.Equal("3:34", Figures.Duration(213_600));
        Assert.Equal("1:02:03", Figures.Duration(3_723_000));
        Assert.Equal("?:??", Figures.Duration(null));
        Assert.Equal("99.9 %", Figures.Percent(0.99999));
        Assert.Equal("100.0 %", Figures.Percent(1));
    }

    [Fact]
    public void A_line_is_cut_by_columns_not_letters() => Assert.Equal("東京…", PlainText.Fit("東京タワー", 6));

    [Fact]
    public void Progress_says_how_long_it_will_take_only_when_it_knows()
    {
        var (error, clock) = (new StringWriter { NewLine = "\n" }, new ManualClock());
        using (var progress = new ProgressLine(new Terminal(TextWriter.Null, error) { Clock = clock, ErrorIsTerminal = true }))
            for (var done = 0; done <= 40; done += 10)
            {
                progress.Report(new StageProgress("ingest", done, 100));
                clock.MoveOn(TimeSpan.FromSeconds(2));
            }

        var lines = error.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => l.Length > 0).ToList();
        Assert.Equal(["ingest  0 %  0 of 100", "ingest  10 %  10 of 100", "ingest  20 %  20 of 100  5.0/s  about 15 s left", "ingest  30 %  30 of 100  5.0/s  about 15 s left", "ingest  40 %  40 of 100  5.0/s  about 10 s left"], lines);
    }

    [Fact]
    public void Progress_is_a_line_every_ten_seconds_where_nobody_watches()
    {
        var (error, clock) = (new StringWriter { NewLine = "\n" }, new ManualClock());
        using (var progress = new ProgressLine(new Terminal(TextWriter.Null, error) { Clock = clock }))
            for (var done = 0; done < 50; done++)
            {
                progress.Report(new StageProgress("fetch", done * 1_000_000L, 100_000_000, IsBytes: true));
                clock.MoveOn(TimeSpan.FromSeconds(0.5));
            }

        Assert.Equal("lacquer: fetch  20 %  20.0 MB of 100 MB  2.00 MB/s  about 40 s left\nlacquer: fetch  40 %  40.0 MB of 100 MB  2.00 MB/s  about 30 s left\n", error.ToString());
    }

    [Fact]
    public void Progress_of_a_part_says_how_far_the_whole_has_got_and_how_long_that_will_take()
    {
        var (error, clock) = (new StringWriter { NewLine = "\n" }, new ManualClock());
        using (var progress = new ProgressLine(new Terminal(TextWriter.Null, error) { Clock = clock, ErrorIsTerminal = true }))
            foreach (var (what, done, whole) in new[] { ("parse", 0L, 0.0), ("parse", 50, 0.1), ("parse", 100, 0.2), ("match", 0, 0.2), ("match", 100, 0.4), ("search", 50, 0.7), ("search", 100, 1) })
            {
                progress.Report(new StageProgress(what, done, 100, Whole: whole));
                clock.MoveOn(TimeSpan.FromSeconds(10));
            }

        var lines = error.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => l.Length > 0).ToList();
        Assert.Equal(
            ["parse  0 %  0 of 100", "parse  10 %  50 of 100  about 2 min left", "parse  20 %  100 of 100  about 1 min left", "match  20 %  0 of 100  about 2 min left", "match  40 %  100 of 100  about 1 min left", "search  70 %  50 of 100  about 35 s left", "search  100 %  100 of 100"],
            lines);
    }

    [Fact]
    public async Task A_command_that_is_stopped_says_that_it_carries_on()
    {
        using var scratch = new Scratch();
        var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(TextWriter.Null, error) { Folder = scratch.Root };
        Assert.Equal(0, await App.RunAsync(["init", "--archive", "a"], terminal, TestContext.Current.CancellationToken));
        Directory.CreateDirectory(scratch["music"]);
        await File.WriteAllBytesAsync(scratch["music/a.ogg"], new byte[100], TestContext.Current.CancellationToken);
        error.GetStringBuilder().Clear();
        var code = await App.RunAsync(["harvest", "folder", "music", "--archive", "a"], terminal, new CancellationToken(canceled: true));
        Assert.Equal("lacquer: interrupted\nhint: run it again: it carries on\n", error.ToString());
        Assert.Equal(130, code);
    }
}
