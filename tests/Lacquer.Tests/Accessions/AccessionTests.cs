using System.Text;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Accessions;

public sealed class AccessionTests
{
    private static readonly AccessionHeader Header = new(7, "some-source", "folder/1");

    [Fact]
    public void What_is_written_is_read_in_order_and_by_offset()
    {
        using var scratch = new Scratch();
        var random = Seeded.Random();
        var lines = Lines(random, 3000);
        Write(scratch["a"], lines);
        using var reader = AccessionReader.Open(scratch["a"]);
        Assert.Equal(Header, reader.Header);
        var read = reader.Lines().Select(l => (l.Offset, Line: l.Line.ToArray())).ToList();
        Same(lines, [.. read.Select(l => l.Line)]);
        foreach (var (offset, line) in read.OrderBy(_ => random.Next()).Take(500))
            Assert.True(reader.Record(offset).Span.SequenceEqual(line));
        foreach (var (offset, line) in read.Take(50))
            Assert.Throws<LacquerException>(() => reader.Record(offset + 1 + random.Next(line.Length)));
        foreach (var offset in new[] { -1L, long.MinValue, long.MaxValue, read[^1].Offset + read[^1].Line.Length + 1 })
            Assert.Equal(Failure.Damaged, Assert.Throws<LacquerException>(() => reader.Record(offset)).Failure);
    }

    [Fact]
    public void An_empty_accession_and_one_with_a_very_long_line_are_read()
    {
        using var scratch = new Scratch();
        Write(scratch["empty"], []);
        using (var reader = AccessionReader.Open(scratch["empty"]))
            Assert.Empty(reader.Lines());
        byte[][] lines = [[], [(byte)'x'], new byte[AccessionFile.LongestLineBytes], [(byte)'y']];
        lines[2].AsSpan().Fill((byte)'z');
        Write(scratch["long"], lines);
        using (var reader = AccessionReader.Open(scratch["long"]))
        {
            var offsets = reader.Lines().Select(l => (l.Offset, l.Line.Length)).ToList();
            Assert.Equal([0, 1, AccessionFile.LongestLineBytes, 1], offsets.Select(o => o.Length));
            Assert.All(offsets, o => Assert.Equal(o.Length, reader.Record(o.Offset).Length));
        }

        using var writer = AccessionWriter.Open(scratch["refused"], Header);
        Assert.Throws<ArgumentException>(() => writer.Add(new byte[AccessionFile.LongestLineBytes + 1]));
        Assert.Throws<ArgumentException>(() => writer.Add("a\nb"u8));
    }

    [Fact]
    public void Cut_off_anywhere_it_gives_whole_lines_and_then_says_that_it_is_damaged()
    {
        using var scratch = new Scratch();
        var random = Seeded.Random();
        var lines = Lines(random, 2500);
        Write(scratch["whole"], lines);
        var bytes = File.ReadAllBytes(scratch["whole"]);
        for (var round = 0; round < 150; round++)
        {
            var cut = round < 40 ? bytes.Length - 1 - round : random.Next(bytes.Length);
            File.WriteAllBytes(scratch["cut"], bytes[..cut]);
            var (read, failure) = ReadAll(scratch["cut"]);
            Assert.Equal(Failure.Damaged, failure);
            Same(lines[..read.Count], read);
        }
    }

    [Fact]
    public void A_killed_writer_is_taken_up_after_its_last_whole_frame_and_ends_with_the_same_bytes()
    {
        using var scratch = new Scratch();
        var random = Seeded.Random();
        var lines = Lines(random, 2500);
        Write(scratch["whole"], lines);
        var bytes = File.ReadAllBytes(scratch["whole"]);
        for (var round = 0; round < 60; round++)
        {
            File.WriteAllBytes(scratch["cut"], bytes[..random.Next(bytes.Length + 1)]);
            using (var writer = AccessionWriter.Open(scratch["cut"], Header))
            {
                var done = (int)writer.Records;
                Assert.Equal(done == 0 ? null : lines[done - 1], writer.LastLine);
                foreach (var line in lines.Skip(done))
                    writer.Add(line);
                writer.Finish();
            }

            Assert.Equal(bytes, File.ReadAllBytes(scratch["cut"]));
        }
    }

    [Fact]
    public void What_another_accession_left_is_not_taken_up()
    {
        using var scratch = new Scratch();
        Write(scratch["a"], Lines(new Random(1), 2000));
        using (var writer = AccessionWriter.Open(scratch["a"], Header with { Number = 8 }))
        {
            Assert.Equal(0, writer.Records);
            Assert.Null(writer.LastLine);
            writer.Add("{}"u8);
            writer.Finish();
        }

        var (read, failure) = ReadAll(scratch["a"]);
        Assert.Null(failure);
        Assert.Single(read);
    }

    [Fact]
    public void Corrupted_bytes_never_throw_anything_else()
    {
        using var scratch = new Scratch();
        var random = Seeded.Random();
        Write(scratch["whole"], Lines(random, 1200));
        var bytes = File.ReadAllBytes(scratch["whole"]);
        for (var round = 0; round < 400; round++)
        {
            File.WriteAllBytes(scratch["bad"], random.Mutate(bytes));
            ReadAll(scratch["bad"]);
            try
            {
                using var reader = AccessionReader.Open(scratch["bad"]);
                for (var i = 0; i < 10; i++)
                    try { reader.Record(random.NextInt64(1 << 20)); } catch (LacquerException) { }
            }
            catch (LacquerException)
            {
            }

            using var writer = AccessionWriter.Open(scratch["bad"], Header);
            writer.Add("{}"u8);
            writer.Finish();
        }
    }

    [Fact]
    public void A_changed_byte_is_noticed_wherever_it_is()
    {
        using var scratch = new Scratch();
        var random = Seeded.Random();
        var lines = Lines(random, 1200);
        Write(scratch["whole"], lines);
        var bytes = File.ReadAllBytes(scratch["whole"]);
        for (var round = 0; round < 200; round++)
        {
            var bad = bytes.ToArray();
            bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(scratch["bad"], bad);
            var (read, failure) = ReadAll(scratch["bad"]);
            if (failure is null)
                Same(lines, read);
            else
                Same(lines[..read.Count], read);
        }
    }

    // xunit would compare them byte by byte, each as an object.
    private static void Same(List<byte[]> expected, List<byte[]> met) =>
        Assert.True(expected.Count == met.Count && expected.Zip(met).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)), $"{met.Count} lines where {expected.Count} are expected, or others");

    private static (List<byte[]> Lines, Failure? Failure) ReadAll(string path)
    {
        var lines = new List<byte[]>();
        try
        {
            using var reader = AccessionReader.Open(path);
            foreach (var line in reader.Lines())
                lines.Add(line.Line.ToArray());
            return (lines, null);
        }
        catch (LacquerException e)
        {
            return (lines, e.Failure);
        }
    }

    private static void Write(string path, IReadOnlyList<byte[]> lines)
    {
        using var writer = AccessionWriter.Open(path, Header);
        foreach (var line in lines)
            writer.Add(line);
        writer.Finish();
    }

    private static List<byte[]> Lines(Random random, int count) => Enumerable.Range(0, count)
        .Select(i => Encoding.UTF8.GetBytes($"{{\"key\":\"{i}\",\"noise\":\"{Convert.ToBase64String(Noise(random, random.Next(400)))}\"}}")).ToList();

    private static byte[] Noise(Random random, int length)
    {
        var noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }
}
