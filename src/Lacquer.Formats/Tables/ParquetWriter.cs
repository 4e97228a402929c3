using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ZstdSharp;

namespace Lacquer.Formats.Tables;

/// <summary>What a Parquet column holds.</summary>
public enum ParquetType
{
    /// <summary>INT64, delta-packed.</summary>
    Integer,

    /// <summary>DOUBLE.</summary>
    Real,

    /// <summary>BYTE_ARRAY of UTF-8, lengths delta-packed.</summary>
    Text,
}

/// <summary>A column of a Parquet file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it holds.</param>
/// <param name="IsOptional">Whether it may hold nothing (null).</param>
public sealed record ParquetColumn(string Name, ParquetType Type, bool IsOptional);

/// <summary>
/// Writes a flat Parquet file row by row: row groups of at most 122,880 rows, one page to a column of each, Zstandard, least and greatest value and the number of nulls for every column of every group.
/// The same rows give the same bytes. While one row group is packed and written the next is filled, so two are in memory and no more. Source: the Apache Parquet format, 2.10.
/// </summary>
public sealed class ParquetWriter : IDisposable
{
    /// <summary>Rows of a row group; the last has fewer, and so has one of very long texts.</summary>
    public const int GroupRows = 122_880;

    private const int LargestGroupBytes = 64 << 20;
    private const int LargestStatistic = 64;
    private const int CompressionLevel = 3;
    // Names of the Parquet format's enumerations.
    private const int DataPage = 0;
    private const int PlainEncoding = 0;
    private const int RleEncoding = 3;
    private const int DeltaEncoding = 5;
    private const int DeltaLengthEncoding = 6;
    private const int ZstdCodec = 6;
    private const int Utf8 = 0;

    private readonly Stream _stream;
    private readonly IReadOnlyList<ParquetColumn> _columns;
    private readonly List<(int Rows, Chunk[] Chunks)> _groups = [];
    private Buffer[] _filling;
    private Buffer[] _other;
    private Task _writing = Task.CompletedTask;
    private int _rows;
    private int _textBytes;
    private long _position;

    /// <summary>Begins a file of these columns; the stream stays open.</summary>
    public ParquetWriter(Stream stream, IReadOnlyList<ParquetColumn> columns)
    {
        _stream = stream;
        _columns = columns;
        _filling = columns.Select(c => new Buffer(c)).ToArray();
        _other = columns.Select(c => new Buffer(c)).ToArray();
        Write("PAR1"u8);
    }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The row's value of an integer column.</summary>
    public void Integer(int column, long value) => _filling[column].Add(value);

    /// <summary>The row's value of a real column.</summary>
    public void Real(int column, double value) => _filling[column].Add(BitConverter.DoubleToInt64Bits(value));

    /// <summary>The row's value of a text column, UTF-8.</summary>
    public void Text(int column, ReadOnlySpan<byte> utf8)
    {
        _filling[column].AddText(utf8);
        _textBytes += utf8.Length;
    }

    /// <summary>Nothing, in an optional column.</summary>
    public void Nothing(int column) => _filling[column].AddNothing();

    /// <summary>Ends the row, of which every column has been given once.</summary>
    public void EndRow()
    {
        Rows++;
        if (++_rows == GroupRows || _textBytes > LargestGroupBytes)
            EndGroup();
    }

    /// <summary>Writes what is left and the footer.</summary>
    public void Finish()
    {
        if (_rows > 0)
            EndGroup();
        _writing.GetAwaiter().GetResult();
        var footer = Footer();
        Write(footer);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        Write(length);
        Write("PAR1"u8);
    }

    /// <summary>Waits for what is being written; without <see cref="Finish"/> the file is not whole.</summary>
    public void Dispose()
    {
        try
        {
            _writing.GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Finish or EndRow has thrown it already, or the caller gave up for another reason, which counts more.
        }
    }

    private void EndGroup()
    {
        _writing.GetAwaiter().GetResult();
        var (group, rows) = (_filling, _rows);
        (_filling, _other) = (_other, _filling);
        (_rows, _textBytes) = (0, 0);
        _writing = Task.Run(() => WriteGroup(group, rows));
    }

    private void WriteGroup(Buffer[] group, int rows)
    {
        var chunks = new Chunk[group.Length];
        Parallel.For(0, group.Length, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i => chunks[i] = group[i].Pack());
        foreach (var chunk in chunks)
        {
            chunk.Offset = _position;
            Write(chunk.Header);
            Write(chunk.Body);
            (chunk.Header, chunk.Body) = ([], []);
        }

        _groups.Add((rows, chunks));
        foreach (var buffer in group)
            buffer.Clear();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _position += bytes.Length;
    }

    private byte[] Footer()
    {
        var thrift = new ThriftWriter();
        thrift.Int32(1, 2); // the version of the format that has these encodings
        thrift.List(2, ThriftWriter.StructItems, _columns.Count + 1);
        thrift.Begin();
        thrift.Text(4, "schema");
        thrift.Int32(5, _columns.Count);
        thrift.End();
        foreach (var column in _columns)
        {
            thrift.Begin();
            thrift.Int32(1, PhysicalType(column.Type));
            thrift.Int32(3, column.IsOptional ? 1 : 0);
            thrift.Text(4, column.Name);
            if (column.Type == ParquetType.Text)
            {
                thrift.Int32(6, Utf8);
                thrift.Begin(10);
                thrift.Begin(1);
                thrift.End();
                thrift.End();
            }

            thrift.End();
        }

        thrift.Int64(3, Rows);
        thrift.List(4, ThriftWriter.StructItems, _groups.Count);
        for (var g = 0; g < _groups.Count; g++)
        {
            var (rows, chunks) = _groups[g];
            thrift.Begin();
            thrift.List(1, ThriftWriter.StructItems, chunks.Length);
            for (var c = 0; c < chunks.Length; c++)
                Describe(thrift, _columns[c], chunks[c], rows);
            thrift.Int64(2, chunks.Sum(c => c.UnpackedBytes));
            thrift.Int64(3, rows);
            thrift.Int64(5, chunks[0].Offset);
            thrift.Int64(6, chunks.Sum(c => c.PackedBytes));
            thrift.End();
        }

        thrift.Text(6, "lacquer");
        // The order of values, without which readers do not trust the least and greatest of a text.
        thrift.List(7, ThriftWriter.StructItems, _columns.Count);
        foreach (var _ in _columns)
        {
            thrift.Begin();
            thrift.Begin(1);
            thrift.End();
            thrift.End();
        }

        thrift.End();
        return thrift.Written.ToArray();
    }

    private static void Describe(ThriftWriter thrift, ParquetColumn column, Chunk chunk, int rows)
    {
        thrift.Begin();
        thrift.Int64(2, chunk.Offset);
        thrift.Begin(3);
        thrift.Int32(1, PhysicalType(column.Type));
        thrift.List(2, ThriftWriter.Int32Type, 2);
        thrift.Item(RleEncoding);
        thrift.Item(EncodingOf(column.Type));
        thrift.List(3, ThriftWriter.TextItems, 1);
        thrift.Item(System.Text.Encoding.UTF8.GetBytes(column.Name));
        thrift.Int32(4, ZstdCodec);
        thrift.Int64(5, rows);
        thrift.Int64(6, chunk.UnpackedBytes);
        thrift.Int64(7, chunk.PackedBytes);
        thrift.Int64(9, chunk.Offset);
        thrift.Begin(12);
        thrift.Int64(3, chunk.Nulls);
        if (chunk.Greatest is not null && chunk.Least is not null)
        {
            thrift.Bytes(5, chunk.Greatest);
            thrift.Bytes(6, chunk.Least);
        }

        thrift.End();
        thrift.End();
        thrift.End();
    }

    private static int PhysicalType(ParquetType type) => type switch { ParquetType.Integer => 2, ParquetType.Real => 5, _ => 6 };

    private static int EncodingOf(ParquetType type) => type switch { ParquetType.Integer => DeltaEncoding, ParquetType.Real => PlainEncoding, _ => DeltaLengthEncoding };

    // A column of a row group, packed.
    private sealed class Chunk
    {
        public required byte[] Header { get; set; }

        public required byte[] Body { get; set; }

        public required long UnpackedBytes { get; init; }

        public required long PackedBytes { get; init; }

        public required long Nulls { get; init; }

        public byte[]? Least { get; init; }

        public byte[]? Greatest { get; init; }

        public long Offset { get; set; }
    }

    // A column of a row group while it is filled: numbers, the bits of reals or the lengths of texts; the texts one after another; which rows have a value.
    private sealed class Buffer(ParquetColumn column)
    {
        private readonly long[] _numbers = new long[GroupRows];
        private readonly byte[] _present = column.IsOptional ? new byte[GroupRows / 8] : [];
        private byte[] _text = [];
        private int _textBytes;
        private int _values;
        private int _rows;

        public void Add(long value)
        {
            _numbers[_values++] = value;
            if (column.IsOptional)
                _present[_rows >> 3] |= (byte)(1 << (_rows & 7));
            _rows++;
        }

        public void AddText(ReadOnlySpan<byte> utf8)
        {
            if (_textBytes + utf8.Length > _text.Length)
                Array.Resize(ref _text, Math.Max(_text.Length * 2, _textBytes + utf8.Length + 4096));
            utf8.CopyTo(_text.AsSpan(_textBytes));
            _textBytes += utf8.Length;
            Add(utf8.Length);
        }

        public void AddNothing()
        {
            if (!column.IsOptional)
                throw new InvalidOperationException($"{column.Name} must have a value");
            _rows++;
        }

        public void Clear()
        {
            Array.Clear(_present);
            (_textBytes, _values, _rows) = (0, 0, 0);
        }

        public Chunk Pack()
        {
            var page = new ArrayBufferWriter<byte>(_textBytes + _values * 8 + 1024);
            if (column.IsOptional)
                Levels(page);
            var values = _numbers.AsSpan(0, _values);
            var (least, greatest) = (default(byte[]), default(byte[]));
            switch (column.Type)
            {
                case ParquetType.Integer:
                    Bits.Delta(page, values);
                    (least, greatest) = LeastAndGreatest(values);
                    break;
                case ParquetType.Real:
                    // Little-endian, as every machine that .NET 10 runs on.
                    page.Write(MemoryMarshal.AsBytes(values));
                    break;
                default:
                    Bits.Delta(page, values);
                    page.Write(_text.AsSpan(0, _textBytes));
                    (least, greatest) = LeastAndGreatestText(values);
                    break;
            }

            using var zstd = new Compressor(CompressionLevel);
            var body = zstd.Wrap(page.WrittenSpan).ToArray();
            var header = new ThriftWriter();
            header.Int32(1, DataPage);
            header.Int32(2, page.WrittenCount);
            header.Int32(3, body.Length);
            header.Begin(5);
            header.Int32(1, _rows);
            header.Int32(2, EncodingOf(column.Type));
            header.Int32(3, RleEncoding);
            header.Int32(4, RleEncoding);
            header.End();
            header.End();
            var head = header.Written.ToArray();
            return new Chunk
            {
                Header = head,
                Body = body,
                UnpackedBytes = head.Length + page.WrittenCount,
                PackedBytes = head.Length + body.Length,
                Nulls = _rows - _values,
                Least = least,
                Greatest = greatest,
            };
        }

        // The definition levels, one bit each: a run of ones where nothing is missing, else all the bits.
        private void Levels(ArrayBufferWriter<byte> page)
        {
            var runs = new ArrayBufferWriter<byte>();
            if (_values == _rows)
            {
                Bits.Varint(runs, (ulong)_rows << 1);
                runs.Write([(byte)1]);
            }
            else
            {
                var bytes = (_rows + 7) / 8;
                Bits.Varint(runs, ((ulong)bytes << 1) | 1);
                runs.Write(_present.AsSpan(0, bytes));
            }

            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, runs.WrittenCount);
            page.Write(length);
            page.Write(runs.WrittenSpan);
        }

        private static (byte[]? Least, byte[]? Greatest) LeastAndGreatest(ReadOnlySpan<long> values)
        {
            if (values.IsEmpty)
                return (null, null);
            var (least, greatest) = (long.MaxValue, long.MinValue);
            foreach (var value in values)
                (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
            return (Eight(least), Eight(greatest));
        }

        private (byte[]? Least, byte[]? Greatest) LeastAndGreatestText(ReadOnlySpan<long> lengths)
        {
            if (lengths.IsEmpty)
                return (null, null);
            var (at, least, greatest) = (0, 0..(int)lengths[0], 0..(int)lengths[0]);
            foreach (var length in lengths)
            {
                var value = _text.AsSpan(at, (int)length);
                if (value.SequenceCompareTo(_text.AsSpan(least)) < 0) least = at..(at + (int)length);
                else if (value.SequenceCompareTo(_text.AsSpan(greatest)) > 0) greatest = at..(at + (int)length);
                at += (int)length;
            }

            var low = _text.AsSpan(least);
            var high = _text.AsSpan(greatest);
            return low.Length > LargestStatistic || high.Length > LargestStatistic ? (null, null) : (low.ToArray(), high.ToArray());
        }

        private static byte[] Eight(long value)
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            return bytes;
        }
    }
}
